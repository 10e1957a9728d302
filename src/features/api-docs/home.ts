import type { RequestHandler } from 'express';
import type { Exchanges } from '../../platform/http/exchange.js';
import { type Outgoing, send } from '../../platform/http/send.js';
import { contentSecurityPolicy } from './pages.js';

const HOME = `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>CVAT auth server</title>
  <link rel="icon" href="/static/logo.svg">
  <link rel="stylesheet" href="/static/pages.css">
</head>
<body>
  <main>
    <img src="/static/logo.svg" alt="">
    <h1>CVAT auth server</h1>
    <p>The identity and access API of CVAT.</p>
    <ul>
      <li><a href="/api/docs">Swagger UI</a>: try it out</li>
      <li><a href="/api/redoc">ReDoc</a>: read about it</li>
      <li><a href="/api/schema">OpenAPI document</a></li>
      <li><a href="/api/server/about">About this server</a></li>
    </ul>
  </main>
</body>
</html>
`;

/** `GET /`: redirects to the user interface if the settings name one; otherwise a page that describes the server. */
export const homeHandler =
  (exchanges: Exchanges, uiUrl: string | undefined): RequestHandler =>
  async (req, _res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next();
    await send(exchanges.of(req), uiUrl === undefined ? PAGE : redirectTo(302, uiUrl));
  };

const PAGE: Outgoing = {
  status: 200,
  headers: { 'Content-Security-Policy': contentSecurityPolicy() },
  content: { kind: 'raw', type: 'text/html; charset=utf-8', raw: HOME },
};

/** @returns an answer without a body that redirects */
export const redirectTo = (status: 301 | 302, location: string): Outgoing => ({
  status,
  headers: { Location: location },
  content: { kind: 'none' },
});
