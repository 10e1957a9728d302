/**
 * Takes a JSON object apart without reading its values: JavaScript has no numbers for all that Python writes (large
 * integers, `1.0`, `NaN`).
 *
 * @returns the text of each member by name, the last of several with one name; undefined if it is no JSON object
 */
export function membersOf(text: string): ReadonlyMap<string, string> | undefined {
  const members = new Map<string, string>();
  const opening = afterSpace(text, 0);
  if (text[opening] !== '{') return undefined;
  let at = afterSpace(text, opening + 1);
  if (text[at] === '}') return isEnd(text, at + 1) ? members : undefined;
  for (;;) {
    const colon = afterSpace(text, endOfText(text, at));
    const name = text[at] === '"' && text[colon] === ':' ? readText(text.slice(at, colon)) : undefined;
    const end = endOfValue(text, colon + 1);
    const value = text.slice(colon + 1, end).trim();
    if (name === undefined || value === '') return undefined;
    members.set(name, value);
    if (text[end] === '}') return isEnd(text, end + 1) ? members : undefined;
    if (text[end] !== ',') return undefined;
    at = afterSpace(text, end + 1);
  }
}

const isEnd = (text: string, at: number): boolean => afterSpace(text, at) === text.length;

function afterSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at += 1;
  return at;
}

/** @returns the index after the quoted text that begins at `from` */
function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** @returns the index of what ends the value that begins at `from`: the comma after it, or the brace around it */
function endOfValue(text: string, from: number): number {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const character = text.charAt(at);
    if (depth === 0 && (character === ',' || character === '}')) return at;
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    at = character === '"' ? endOfText(text, at) : at + 1;
  }
  return at;
}

/** @returns a text of JSON, undefined if it is malformed */
function readText(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
