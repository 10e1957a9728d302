import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import swaggerUi from 'swagger-ui-express';
import type { DocsView, Renderer } from './view.js';

export const TITLE = 'CVAT REST API';
const HTML = 'text/html; charset=utf-8';

/** drf-spectacular's pages report errors with the words of the status line. */
const HTML_RENDERER: Renderer = {
  contentType: HTML,
  renderError: (status) => `${status} ${STATUS_CODES[status] ?? ''}`,
};

/** A page that loads nothing from other servers, and whose policy says so. */
const page = (html: string, styleHashes: readonly string[]): DocsView<Renderer> => ({
  renderers: [HTML_RENDERER],
  choose: ({ req }) => (req.accepts('text/html') === false ? undefined : HTML_RENDERER),
  answer: () => ({
    status: 200,
    headers: { 'Content-Security-Policy': contentSecurityPolicy(styleHashes) },
    content: { kind: 'raw', type: HTML, raw: html },
  }),
});

/** @param styleHashes hashes of the page's allowed `<style>` texts */
export const contentSecurityPolicy = (styleHashes: readonly string[] = []): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    ["style-src 'self'", ...styleHashes.map((hash) => `'sha256-${hash}'`)].join(' '),
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

const hashOf = (style: string): string => createHash('sha256').update(style).digest('base64');

/** Swagger UI, with URLs that work with and without a trailing slash in the page's own URL. */
export function swaggerPage(): DocsView<Renderer> {
  const html = swaggerUi
    .generateHTML(undefined, { customSiteTitle: TITLE, customfavIcon: '/static/logo.svg' })
    .replaceAll('"./', '"/api/docs/')
    .replace('<script src="/api/docs/swagger-ui-standalone-preset.js"> </script>\n', '')
    // A style attribute would require an exception in the policy.
    .replace('style="position:absolute;width:0;height:0"', 'width="0" height="0"');
  return page(
    html,
    [...html.matchAll(/<style>([^<]*)<\/style>/g)].map(([, style = '']) => hashOf(style)),
  );
}

/**
 * The contents of ReDoc 2.5.4's `<style>` elements: empty, to add rules later, and the style of its scroll bars. Other
 * releases may have other texts: the browser tests name their hash.
 */
const REDOC_STYLES = [hashOf(''), 'QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc='];

export const redocPage = (): DocsView<Renderer> =>
  page(
    `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${TITLE}</title>
  <link rel="icon" href="/static/logo.svg">
  <link rel="stylesheet" href="/static/pages.css">
</head>
<body>
  <div id="redoc"></div>
  <script src="/api/redoc/redoc.standalone.js"></script>
  <script src="/api/redoc/redoc-init.js"></script>
</body>
</html>
`,
    REDOC_STYLES,
  );
