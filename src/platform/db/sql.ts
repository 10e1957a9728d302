/**
 * SQL as a value: a tagged template whose interpolations become parameters. Fragments nest; placeholders are numbered
 * only when the whole statement is rendered.
 */
export interface Sql {
  /** Only our own code can set it: a JSON body that looks like a fragment stays a parameter. */
  readonly [FRAGMENT]: true;
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
}

const FRAGMENT: unique symbol = Symbol('sql');

const isSql = (value: unknown): value is Sql =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, FRAGMENT);

const fragment = (strings: readonly string[], values: readonly unknown[]): Sql => ({
  [FRAGMENT]: true,
  strings,
  values,
});

export const sql = (strings: TemplateStringsArray, ...values: readonly unknown[]): Sql =>
  fragment(strings, values);

/** @returns the parts with `separator` (our own text) between them */
export const join = (parts: readonly Sql[], separator: string): Sql =>
  fragment(['', ...parts.slice(1).map(() => separator), ''], parts);

/** Text that is never user input: identifiers and operators from our own code. */
export const raw = (text: string): Sql => fragment([text], []);

/** @returns the statement with `$1...` placeholders, and its parameters in that order */
export function render(query: Sql): { readonly text: string; readonly values: unknown[] } {
  const values: unknown[] = [];
  const write = ({ strings, values: parts }: Sql): string =>
    strings.reduce((text, chunk, index) => {
      if (index >= parts.length) return text + chunk;
      const part = parts[index];
      return text + chunk + (isSql(part) ? write(part) : `$${values.push(part)}`);
    }, '');
  return { text: write(query), values };
}
