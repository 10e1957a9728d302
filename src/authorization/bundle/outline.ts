import { StartError } from '../../kernel/start-error.js';
import type { RuleFile } from './sources.js';

const CLOSERS: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** The possible tokens outside of strings: a comment, a string, the start of a template, a bracket, anything else. */
const CODE = /#[^\n]*|"(?:[^"\\\n]|\\.)*"|`[^`]*`|\$["`]|[()[\]{}]|["`]|[^#"`$()[\]{}]+|\$/y;
/** The possible tokens inside a template, by its quote: text, `{` of an expression, or its end. */
const TEMPLATE: Readonly<Record<string, RegExp>> = {
  '"': /(?:[^"\\{\n]|\\.)+|[{"]/y,
  '`': /(?:[^`\\{]|\\[\s\S])+|[{`]/y,
};

/**
 * The top level of a rule file: everything in brackets, strings and comments is replaced by spaces; line breaks stay.
 * This process has no Rego parser. The outline reveals a truncated file; Open Policy Agent finds all other errors.
 *
 * @throws StartError with file and line if a bracket or a string is not closed, or a bracket was never opened
 */
export function outlineOf({ name, text }: RuleFile): string {
  /** Expected closing brackets, and the quotes of templates, innermost last. */
  const open: { readonly closer: string; readonly at: number }[] = [];
  let outline = '';
  let at = 0;
  const broken = (what: string, index: number): StartError =>
    new StartError(`${name}, line ${lineOf(text, index)}: ${what}. Correct the file.`);

  while (at < text.length) {
    const inner = open.at(-1);
    const pattern = TEMPLATE[inner?.closer ?? ''] ?? CODE;
    pattern.lastIndex = at;
    const [piece] = pattern.exec(text) ?? [];
    if (piece === undefined) throw broken('this string is not closed', inner?.at ?? at);
    outline += open.length === 0 && !/^[#"`$]/.test(piece) ? piece : piece.replace(/[^\n]/g, ' ');
    const closer = CLOSERS.get(piece);
    if (piece === inner?.closer) open.pop();
    else if (closer !== undefined) open.push({ closer, at });
    else if (pattern === CODE && /^\$["`]$/.test(piece)) open.push({ closer: piece.charAt(1), at });
    else if (pattern === CODE && /^["`]$/.test(piece)) throw broken('this string is not closed', at);
    else if (pattern === CODE && /^[)\]}]$/.test(piece))
      throw broken(`nothing opens before this ${piece}`, at);
    at += piece.length;
  }
  const unclosed = open.at(-1);
  if (unclosed !== undefined) throw broken(`the closing ${unclosed.closer} is missing`, unclosed.at);
  return outline;
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;
