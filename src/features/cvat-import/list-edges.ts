/** The relevant characters outside and inside of strings. */
const OUTSIDE = /["[\]{},]/g;
const INSIDE = /["\\]/g;

/** A character that belongs to the list itself, not to one of its values. */
export type Edge = '[' | ',' | ']';

export interface EdgeAt {
  readonly edge: Edge;
  readonly index: number;
}

/**
 * Finds the edges of a JSON list that arrives in pieces. It only looks at quotes, brackets and commas.
 *
 * @returns a function that processes the next piece. It throws Error for input that is not a list, and for brackets
 *   that do not match
 */
export function createEdgeFinder(): (piece: string) => Generator<EdgeAt, void> {
  const meet = createBrackets();
  let inString = false;
  let isEscaped = false;

  return function* edgesOf(piece) {
    let at = isEscaped ? 1 : 0;
    isEscaped = false;
    for (;;) {
      const pattern = inString ? INSIDE : OUTSIDE;
      pattern.lastIndex = at;
      const match = pattern.exec(piece);
      if (match === null) return;
      const [char] = match;
      at = match.index + 1;
      if (char === '"') inString = !inString;
      else if (char === '\\') {
        isEscaped = at === piece.length;
        at += 1;
      } else {
        const edge = meet(char);
        if (edge !== undefined) yield { edge, index: match.index };
      }
    }
  };
}

/** @returns a function that processes a bracket or a comma outside of strings, and returns it if it is an edge */
function createBrackets(): (char: string) => Edge | undefined {
  let depth = 0;

  return (char) => {
    if (char === ',') return depth === 1 ? ',' : undefined;
    if (char === '[' || char === '{') {
      depth += 1;
      if (depth > 1) return undefined;
      if (char === '[') return '[';
      throw new Error('it is not a list');
    }
    depth -= 1;
    if (depth > 0) return undefined;
    if (depth === 0 && char === ']') return ']';
    throw new Error('its brackets do not match');
  };
}
