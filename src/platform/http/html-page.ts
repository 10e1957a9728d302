import { createHash } from 'node:crypto';
import { type Html, html, renderHtml } from '../values/html.js';
import type { Outgoing } from './send.js';

/** Without characters that HTML escapes: its hash stands in the policy. */
const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { box-sizing: border-box; width: min(28rem, 100%); padding: 1.5rem; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
button { padding: 0.6rem 1.2rem; border: 0; border-radius: 0.4rem; background: #1452cc; color: #fff; font: inherit; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 3px solid #f2a900; outline-offset: 2px; }
a { color: light-dark(#1452cc, #9bbcff); }
`;

/** Nothing but the style of the page itself, and forms that lead back here. */
const SECURITY_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;

export interface HtmlPage {
  readonly status: number;
  readonly title: string;
  readonly main: Html;
}

/** @returns a page of this server for people; it works without scripts */
export const htmlPage = ({ status, title, main }: HtmlPage): Outgoing => ({
  status,
  headers: { 'Content-Security-Policy': SECURITY_POLICY },
  content: {
    kind: 'raw',
    type: 'text/html; charset=utf-8',
    raw: DOCTYPE + renderHtml(documentOf(title, main)),
  },
});

const DOCTYPE = '<!doctype html>\n';

const documentOf = (title: string, main: Html): Html => html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`;
