import type { RequestHandler } from 'express';
import type { Clock } from '../../kernel/clock.js';
import { NotFound } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import { closeAfter } from './connection.js';
import type { Ending, Endings } from './endings.js';
import type { Exchange } from './exchange.js';
import { isAllowedHost } from './origin.js';
import { BAD_REQUEST_PAGE, NOT_FOUND_PAGE } from './pages.js';
import { createErrorRenderer, type ErrorRendererDeps } from './render-error.js';
import { send } from './send.js';
import { HTML, sendPage } from './send-page.js';
import { hasTwins } from './twin-headers.js';
import { createUserInterfaceRedirect } from './user-interface.js';

export interface EdgeDeps extends ErrorRendererDeps {
  readonly endings: Endings;
  readonly clock: Clock;
  readonly random: Random;
  readonly allowedHosts: readonly string[];
  /** `SECURE_REFERRER_POLICY`. */
  readonly referrerPolicy: string;
  /** Paths with a trailing slash: requests without it are redirected (Django `APPEND_SLASH`). */
  readonly slashPaths: readonly RegExp[];
  /** `UI_URL`; undefined without a user interface. */
  readonly uiUrl: string | undefined;
  /** Replaces an invalid `csrftoken` cookie. */
  readonly repairCsrf: (exchange: Exchange) => void;
  /** Called once per request. */
  readonly onEnd: (exchange: Exchange, ending: Ending, seconds: number) => void;
}

/** The layers around the routes: Django's middlewares, the fallback for unknown paths, and the error renderer. */
export function createEdge(deps: EdgeDeps) {
  const { exchanges, endings, clock, random } = deps;

  const open: RequestHandler = (req, res, next) => {
    const started = clock.now();
    const exchange = exchanges.open(req, res, random.uuid());
    res.setHeader('X-Request-Id', exchange.id);
    endings.watch(exchange, (ending) => deps.onEnd(exchange, ending, (clock.now() - started) / 1000));
    next();
  };

  /** Django's `SecurityMiddleware` and `XFrameOptionsMiddleware`; the latter does not see preflights. */
  const securityHeaders: RequestHandler = (_req, res, next) => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    res.setHeader('Referrer-Policy', deps.referrerPolicy);
    res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    next();
  };

  /** The check of a request and its handler must read the same values, and so must every proxy in front. */
  const refuseAmbiguous: RequestHandler = (req, res, next) => {
    const exchange = exchanges.of(req);
    if (exchange.hasTarget && !hasTwins(req.rawHeaders)) return next();
    closeAfter(res);
    return refuse(exchange);
  };

  /** Only allowed hosts get past this point: the code after it never builds a link to a foreign host. */
  const checkHost: RequestHandler = async (req, res, next) => {
    const exchange = exchanges.of(req);
    const isOurs = exchange.path === RULES_PATH || isAllowedHost(exchange.origin.host, deps.allowedHosts);
    if (!isOurs) return refuse(exchange);
    res.setHeader('X-Frame-Options', 'DENY');
    next();
  };

  const repairCsrfCookie: RequestHandler = (req, _res, next) => {
    if (req.headers.cookie?.includes('csrftoken')) deps.repairCsrf(exchanges.of(req));
    next();
  };

  /** Django redirects in the same middleware that checks hosts: before the session and the frame options. */
  const appendSlash: RequestHandler = (req, res, next) => {
    const { path } = exchanges.of(req);
    if (!deps.slashPaths.some((pattern) => pattern.test(`${path}/`))) return next();
    const query = req.url.slice(path.length);
    res.removeHeader('X-Frame-Options');
    res
      .writeHead(301, {
        Location: `${path}/${query}`,
        'Content-Type': HTML,
        'Content-Length': 0,
        Vary: 'Origin',
      })
      .end();
  };

  const toUserInterface: RequestHandler =
    deps.uiUrl === undefined
      ? (_req, _res, next) => next()
      : createUserInterfaceRedirect(exchanges, deps.uiUrl);

  /** Django has a page for every unknown path. CVAT's user interface shows the markup of it to people. */
  const notFound: RequestHandler = (req) => {
    const exchange = exchanges.of(req);
    const isApi = exchange.path.startsWith('/api/') && req.accepts(['json', 'html']) !== 'html';
    if (!isApi) return sendPage(exchange, 404, NOT_FOUND_PAGE);
    return send(exchange, { status: 404, content: { kind: 'json', value: new NotFound().body } });
  };

  return {
    open,
    securityHeaders,
    refuseAmbiguous,
    checkHost,
    repairCsrfCookie,
    appendSlash,
    toUserInterface,
    notFound,
    renderError: createErrorRenderer(deps),
  };
}

/** Django refuses before it reads the session, so `Vary` does not name the cookie. */
const refuse = (exchange: Exchange): Promise<void> =>
  sendPage(exchange, 400, BAD_REQUEST_PAGE, { Vary: 'Origin' });

/** OPA calls the server by any name it has in the network, and the answer contains no host. */
const RULES_PATH = '/api/auth/rules';
