import { StartError } from '../../kernel/start-error.js';

/** `NAME=value`; Compose also takes `export NAME=value` and blanks around the sign. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

/** A value, and what follows it in the file. */
interface Value {
  readonly value: string;
  readonly rest: string;
}

/**
 * Reads a file of settings by the rules of Docker Compose, which reads the same file: a comment begins with a `#` at the
 * start of a line or after a blank, single quotes keep everything, double quotes know escapes, and quoted values may
 * have several lines.
 *
 * @param text of the file, with or without a byte order mark
 * @throws StartError with the number of a line that Compose would not read, or would read differently
 */
export function parseEnvFile(text: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const whole = `${text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')}\n`;
  for (let rest = skipBlank(whole); rest !== ''; rest = skipBlank(rest)) {
    const refuse = (problem: string): never => {
      const line = whole.slice(0, whole.length - rest.length).split('\n').length;
      throw new StartError(`Line ${line} of .env ${problem}.`);
    };
    const [head, name] = ASSIGNMENT.exec(rest) ?? [];
    if (head === undefined || name === undefined) return refuse('is no setting: write NAME=value');
    const read = readValue(rest.slice(head.length), (problem) => refuse(`sets ${name}, and ${problem}`));
    values[name] = read.value;
    rest = read.rest;
  }
  return values;
}

/** Without empty lines and comments at its start. */
const skipBlank = (text: string): string => text.replace(/^(?:[ \t]*(?:#[^\n]*)?\n)+/, '');

function readValue(text: string, refuse: (problem: string) => never): Value {
  if (text.startsWith("'")) return readQuoted(text, /^'([^']*)'/, refuse);
  if (text.startsWith('"')) {
    const { value, rest } = readQuoted(text, /^"((?:[^"\\]|\\[\s\S])*)"/, refuse);
    refuseVariables(value.replace(/\\[\s\S]/g, ''), refuse);
    return { value: value.replace(/\\([\s\S])/g, (all, char: string) => ESCAPES[char] ?? all), rest };
  }
  const [line = ''] = /^[^\n]*/.exec(text) ?? [];
  const comment = line.startsWith('#') ? 0 : line.search(/[ \t]#/);
  const value = (comment < 0 ? line : line.slice(0, comment)).trim();
  refuseVariables(value, refuse);
  return { value, rest: text.slice(line.length) };
}

function readQuoted(text: string, form: RegExp, refuse: (problem: string) => never): Value {
  const [quoted, value] = form.exec(text) ?? [];
  if (quoted === undefined || value === undefined) return refuse('a quote is not closed');
  const [after = ''] = /^[^\n]*/.exec(text.slice(quoted.length)) ?? [];
  if (!/^[ \t]*($|[ \t]#)/.test(after)) return refuse('something follows the closing quote');
  return { value, rest: text.slice(quoted.length + after.length) };
}

/** Compose puts the values of variables in there. */
function refuseVariables(value: string, refuse: (problem: string) => never): void {
  if (/\$[A-Za-z_{]/.test(value)) refuse('its value contains a $: put the value into single quotes');
}
