import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { STATUS_CODES } from 'node:http';
import swaggerUi from 'swagger-ui-express';
import type { DocsView, Renderer } from './view.js';

export const TITLE = 'CVAT REST API';
const HTML = 'text/html; charset=utf-8';

/** drf-spectacular's pages say what is wrong in the words of the status line (libraries.md L). */
const HTML_RENDERER: Renderer = {
  contentType: HTML,
  renderError: (status) => `${status} ${STATUS_CODES[status] ?? ''}`,
};

/** A page that loads nothing from anywhere else, and whose policy says so. */
const page = (html: string, styles: readonly string[]): DocsView<Renderer> => ({
  renderers: [HTML_RENDERER],
  choose: ({ req }) => (req.accepts('text/html') === false ? undefined : HTML_RENDERER),
  answer: () => ({
    status: 200,
    headers: { 'Content-Security-Policy': contentSecurityPolicy(styles) },
    content: { kind: 'text', type: HTML, text: html },
  }),
});

/** @param styles the texts of the `<style>` elements that the page may have */
export const contentSecurityPolicy = (styles: readonly string[] = []): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    ["style-src 'self'", ...styles.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)].join(' '),
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** Swagger UI, with addresses that hold with and without a slash at the end of the page's own. */
export function swaggerPage(): DocsView<Renderer> {
  const html = swaggerUi
    .generateHTML(undefined, { customSiteTitle: TITLE, customfavIcon: '/static/logo.svg' })
    .replaceAll('"./', '"/api/docs/')
    // A style attribute would need a hole in the policy.
    .replace('style="position:absolute;width:0;height:0"', 'width="0" height="0"');
  return page(html, [...html.matchAll(/<style>([^<]*)<\/style>/g)].map(([, text = '']) => text));
}

const SWAGGER_FILES = new Set(['swagger-ui.css', 'swagger-ui-bundle.js', 'swagger-ui-standalone-preset.js']);

/** The files of Swagger UI that its page needs, and not the demonstration that comes with them. */
export function swaggerFiles(): RequestHandler {
  const [, serve] = swaggerUi.serveFiles();
  return (req, res, next) => {
    const { file } = req.params;
    if (serve === undefined || typeof file !== 'string' || !SWAGGER_FILES.has(file)) return next();
    req.url = `/${file}`;
    serve(req, res, next);
  };
}

/** ReDoc's styles are rules added to an empty `<style>`, hence the hash of nothing. */
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
    [''],
  );
