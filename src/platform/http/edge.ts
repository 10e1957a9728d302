import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Clock } from '../../kernel/clock.js';
import { ApiError, ServiceUnavailable, Throttled } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import type { Log } from '../telemetry/log.js';
import { closeAfter } from './connection.js';
import type { Ending, Endings } from './endings.js';
import type { Exchange, Exchanges } from './exchange.js';
import { isAllowedHost } from './origin.js';
import { BAD_REQUEST_PAGE, NOT_FOUND_PAGE, SERVER_ERROR_PAGE } from './pages.js';
import { send } from './send.js';

const HTML = 'text/html; charset=utf-8';

export interface EdgeDeps {
  readonly exchanges: Exchanges;
  readonly endings: Endings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly allowedHosts: readonly string[];
  /** Paths that exist with a trailing slash: without it they are redirected (Django `APPEND_SLASH`). */
  readonly slashPaths: readonly RegExp[];
  /** Replaces a `csrftoken` cookie that can not be one. */
  readonly repairCsrf: (exchange: Exchange) => void;
  /** Told once of every request. */
  readonly onEnd: (exchange: Exchange, ending: Ending, seconds: number) => void;
}

/** What stands around the routes: Django's middlewares, the last resort for unknown paths, and the error renderer. */
export function createEdge(deps: EdgeDeps) {
  const { exchanges, endings, clock, random, log } = deps;

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
    res.setHeader('Referrer-Policy', 'strict-origin-when-cross-origin');
    res.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    next();
  };

  /** What checks a request and what answers it must read the same one, and so must whatever stands before us. */
  const refuseAmbiguous: RequestHandler = (req, res, next) => {
    const exchange = exchanges.of(req);
    if (exchange.hasTarget && !hasTwins(req.rawHeaders)) return next();
    closeAfter(res);
    return refuse(exchange);
  };

  /** Only reached with a host that may be ours: nothing below builds a link to a foreign one. */
  const checkHost: RequestHandler = async (req, res, next) => {
    const exchange = exchanges.of(req);
    const isOurs = exchange.path === RULES_PATH || isAllowedHost(exchange.origin.host, deps.allowedHosts);
    if (!isOurs) return refuse(exchange);
    res.setHeader('X-Frame-Options', 'DENY');
    next();
  };

  /** Django refuses before its session is looked at, so `Vary` does not name the cookie. */
  const refuse = (exchange: Exchange): Promise<void> =>
    page(exchange, 400, BAD_REQUEST_PAGE, { Vary: 'Origin' });

  const repairCsrfCookie: RequestHandler = (req, _res, next) => {
    if (req.headers.cookie?.includes('csrftoken')) deps.repairCsrf(exchanges.of(req));
    next();
  };

  /** Django redirects in the same middleware as it checks hosts: before the session and the frame options. */
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

  const notFound: RequestHandler = (req) => page(exchanges.of(req), 404, NOT_FOUND_PAGE);

  const renderError: ErrorRequestHandler = async (error, req, res, _next) => {
    const exchange = exchanges.of(req);
    if (error instanceof ApiError) {
      if (error instanceof ServiceUnavailable)
        log.warn({ request: exchange.id, code: error.code, error }, 'A dependency failed.');
      if (error instanceof Throttled) exchange.report('limit.met');
      await send(exchange, {
        status: error.status,
        headers: error.headers,
        content: { kind: 'json', value: error.body },
      });
      return;
    }
    if (isUndecodable(error)) return page(exchange, 404, NOT_FOUND_PAGE);
    log.error({ request: exchange.id, error }, 'A request failed unexpectedly.');
    if (res.headersSent) res.destroy();
    else await page(exchange, 500, SERVER_ERROR_PAGE);
  };

  const page = (
    exchange: Exchange,
    status: number,
    text: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<void> => {
    exchange.allow = '';
    return send(exchange, { status, headers, content: { kind: 'raw', type: HTML, raw: text } });
  };

  return {
    open,
    securityHeaders,
    refuseAmbiguous,
    checkHost,
    repairCsrfCookie,
    appendSlash,
    notFound,
    renderError,
  };
}

/**
 * Headers that mean one thing and decide something here. The others are lists (RFC 9110, 5.3), nobody reads them, or two
 * of them are a value that is none, such as a CSRF token with a comma.
 */
const SINGLE: ReadonlySet<string> = new Set([
  'host',
  'authorization',
  'content-type',
  'origin',
  'referer',
  'x-organization',
]);

/**
 * A second line may be the one that somebody before us went by (RFC 9112, 3.2, of Host). Node keeps the first or joins
 * both, by a list of its own, and says nothing.
 *
 * @param rawHeaders names and values in turn
 */
function hasTwins(rawHeaders: readonly string[]): boolean {
  const seen = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? '';
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
}

/** The router's error for a path parameter whose escapes are no UTF-8: there is nothing at such an address. */
const isUndecodable = (error: unknown): boolean =>
  error instanceof URIError && 'status' in error && error.status === 400;

/** OPA calls the server by whatever name the network has for it, and the answer names no host. */
const RULES_PATH = '/api/auth/rules';
