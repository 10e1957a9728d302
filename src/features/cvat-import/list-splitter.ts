/** Characters of one value, with the blanks around it: more than CVAT dumps of any object. */
const MAXIMUM_LENGTH = 16 * 1024 * 1024;

/** What matters outside and inside of texts. */
const OUTSIDE = /["[\]{},]/g;
const INSIDE = /["\\]/g;

/** A character that belongs to the list itself, not to one of its values. */
type Edge = '[' | ',' | ']';

/**
 * Cuts a JSON list that comes in pieces into the texts of its values. Only quotes, brackets and commas are looked at:
 * whether a value is JSON is for its reader to find out.
 */
export function createListSplitter() {
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let state: 'before' | 'inside' | 'after' = 'before';
  let count = 0;
  /** What has come of the current value, or of what is around the list. */
  let pending = '';

  /** @returns the character if it is an edge */
  const meet = (char: string): Edge | undefined => {
    if (char === '"') inString = !inString;
    else if (char === ',') return depth === 1 ? ',' : undefined;
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth > 1) return undefined;
      if (char === '[') return '[';
      throw new Error('it is no list');
    } else if (char !== '\\') {
      depth -= 1;
      if (depth > 0) return undefined;
      if (depth === 0 && char === ']') return ']';
      throw new Error('its brackets do not match');
    }
    return undefined;
  };

  /** @returns the text before an edge if it is a value */
  const cut = (edge: Edge, text: string): string[] => {
    const isBlank = text.trim() === '';
    if (edge === '[') {
      if (state === 'after') throw new Error('something follows the list');
      if (!isBlank) throw new Error('it is no list');
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

  /** @returns the values that end in this piece. @throws Error for what is no list, and for a value beyond the limit */
  const push = (piece: string): string[] => {
    const values: string[] = [];
    let from = 0;
    let at = isEscaped ? 1 : 0;
    isEscaped = false;
    for (;;) {
      const pattern = inString ? INSIDE : OUTSIDE;
      pattern.lastIndex = at;
      const match = pattern.exec(piece);
      if (match === null) break;
      at = match.index + 1;
      const edge = meet(match[0]);
      if (edge !== undefined) {
        values.push(...cut(edge, pending + piece.slice(from, match.index)));
        pending = '';
        from = at;
      } else if (match[0] === '\\') {
        isEscaped = at === piece.length;
        at += 1;
      }
    }
    pending += piece.slice(from);
    requireBearable();
    return values;
  };

  /** @throws Error unless the list has ended, and nothing but blanks followed it */
  const end = (): void => {
    if (state === 'inside') throw new Error('it ends in the middle of the list');
    if (state === 'before') throw new Error('it is no list');
    if (pending.trim() !== '') throw new Error('something follows the list');
  };

  return { push, end };
}
