import { createEdgeFinder, type Edge } from './list-edges.js';

/** Maximum characters of one value, including surrounding whitespace: more than any object in a CVAT dump. */
const MAXIMUM_LENGTH = 16 * 1024 * 1024;

/**
 * Splits a JSON list that arrives in pieces into the texts of its values. It only looks at quotes, brackets and
 * commas: the reader of a value checks whether it is JSON.
 */
export function createListSplitter() {
  const edgesOf = createEdgeFinder();
  let state: 'before' | 'inside' | 'after' = 'before';
  let count = 0;
  /** The part of the current value that has arrived, or of the text around the list. */
  let pending = '';

  /** @returns the text before an edge if it is a value */
  const cut = (edge: Edge, text: string): string[] => {
    const isBlank = text.trim() === '';
    if (edge === '[') {
      if (state === 'after') throw new Error('something follows the list');
      if (!isBlank) throw new Error('it is not a list');
      state = 'inside';
      return [];
    }
    if (edge === ']') state = 'after';
    if (edge === ']' && isBlank && count === 0) return [];
    count += 1;
    return [text];
  };

  const requireBearable = (): void => {
    if (pending.length <= MAXIMUM_LENGTH) return;
    throw new Error(`object ${count + 1} of the list is larger than ${MAXIMUM_LENGTH / 1024 / 1024} MiB`);
  };

  /**
   * @returns the values that end in this piece. @throws Error for input that is not a list, and for a value beyond the
   *   limit
   */
  const push = (piece: string): string[] => {
    const values: string[] = [];
    let from = 0;
    for (const { edge, index } of edgesOf(piece)) {
      values.push(...cut(edge, pending + piece.slice(from, index)));
      pending = '';
      from = index + 1;
    }
    pending += piece.slice(from);
    requireBearable();
    return values;
  };

  /** @throws Error unless the list has ended and only whitespace followed it */
  const end = (): void => {
    if (state === 'inside') throw new Error('it ends in the middle of the list');
    if (state === 'before') throw new Error('it is not a list');
    if (pending.trim() !== '') throw new Error('something follows the list');
  };

  return { push, end };
}
