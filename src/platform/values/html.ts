/** HTML that is safe to insert into a page unchanged. Only the `html` tag creates it. */
export interface Html {
  readonly [MARKUP]: string;
}

/** The values allowed in a template; text is escaped, HTML is not, and the items of lists are concatenated. */
export type HtmlPart = string | number | Html | readonly HtmlPart[];

const MARKUP: unique symbol = Symbol('html');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);

const isHtml = (part: object): part is Html => Object.hasOwn(part, MARKUP);

function write(part: HtmlPart): string {
  if (typeof part !== 'object') return escapeText(String(part));
  return isHtml(part) ? part[MARKUP] : part.map(write).join('');
}

/** Writes HTML. Interpolations are safe between tags and in quoted attributes, not in scripts, styles or tag names. */
export const html = (strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html => ({
  [MARKUP]: strings
    .map((chunk, index) => chunk + (index < parts.length ? write(parts[index] ?? '') : ''))
    .join(''),
});

/** @returns the markup as text, ready to be sent */
export const renderHtml = (page: Html): string => page[MARKUP];
