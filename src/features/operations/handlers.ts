import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Exchange, Exchanges } from '../../platform/http/exchange.js';
import { isAllowedHost } from '../../platform/http/origin.js';
import { CSRF_FAILED_PAGE } from '../../platform/http/pages.js';
import { type Outgoing, send } from '../../platform/http/send.js';
import { lastParam } from '../../platform/values/params.js';
import { checkHealth, type HealthDeps, type HealthReport, isHealthy } from './health.js';
import type { Metrics } from './metrics/metrics.js';
import type { ReadinessCheck } from './readiness.js';

export interface OperationsDeps extends HealthDeps {
  readonly exchanges: Exchanges;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly readiness: ReadinessCheck;
  readonly metricsToken: string | undefined;
  /** Names of this server, in addition to those that every machine uses for itself. */
  readonly allowedHosts: readonly string[];
}

const TEXT = 'text/plain; charset=utf-8';
const HTML = 'text/html; charset=utf-8';
const NO_CACHE = 'max-age=0, no-cache, no-store, must-revalidate, private';

/**
 * `GET /api/server/health/` (django-health-check; deviation 17: 503 if a part is down). It is a plain Django view,
 * which refuses unsafe methods without a CSRF token.
 */
export const healthHandler = (deps: OperationsDeps): RequestHandler =>
  answer(deps.exchanges, async (exchange) => {
    const { method } = exchange.req;
    if (method === 'OPTIONS') return text(200, HTML, '', { Allow: 'GET, HEAD, OPTIONS' });
    if (method !== 'GET' && method !== 'HEAD') return text(403, HTML, CSRF_FAILED_PAGE);
    const headers = { 'Cache-Control': NO_CACHE, Expires: dateOf(deps.clock).toUTCString() };
    const form = healthForm(exchange);
    if (form === undefined) {
      return text(406, TEXT, 'Not Acceptable: Supported content types: text/html, application/json', headers);
    }
    const report = await checkHealth(deps);
    const status = isHealthy(report) ? 200 : 503;
    return form === 'json'
      ? text(status, 'application/json', pythonJson(report), headers)
      : text(status, HTML, healthPage(report), headers);
  });

function healthForm({ query, req }: Exchange): 'json' | 'html' | undefined {
  if (lastParam(query, 'format') === 'json') return 'json';
  const accepted = req.accepts(['text/html', 'application/json']);
  if (accepted === false) return undefined;
  return accepted === 'application/json' ? 'json' : 'html';
}

/** Python's `json.dumps` of a flat map: spaces after separators, non-ASCII escaped. */
const pythonJson = (report: HealthReport): string =>
  `{${Object.entries(report)
    .map(([name, status]) => `${JSON.stringify(name)}: ${JSON.stringify(status)}`)
    .join(', ')}}`.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const healthPage = (report: HealthReport): string => {
  const rows = Object.entries(report).map(
    ([name, status]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(status)}</td></tr>`,
  );
  return `<!doctype html>\n<html lang="en">\n<head><title>System status</title></head>\n<body>\n<h1>System status</h1>\n<table>\n${rows.join('\n')}\n</table>\n</body>\n</html>\n`;
};

/** `GET /livez`: the process answers. It does not check dependencies: a restart would not fix those. */
export const livenessHandler = ({ exchanges }: OperationsDeps): RequestHandler =>
  answer(exchanges, async () => json(200, { status: 'ok' }));

/** `GET /readyz`: the database answers, the migrations are done, the policy engine has this server's rules. */
export const readinessHandler = ({ exchanges, readiness }: OperationsDeps): RequestHandler =>
  answer(exchanges, async () => {
    const { status, parts, rules } = await readiness.check();
    return json(status === 'ok' ? 200 : 503, {
      status,
      database: parts.database.text,
      migrations: parts.migrations.text,
      redis: parts.redis?.text ?? 'not used',
      policy: parts.policy.text,
      rules,
    });
  });

/**
 * `GET /metrics`: for requests from this machine, and for clients with METRICS_TOKEN. For all others the URL does not
 * exist.
 */
export const metricsHandler = (deps: OperationsDeps): RequestHandler => {
  const { exchanges, metrics } = deps;
  const serve = answer(exchanges, async () => text(200, metrics.contentType, await metrics.render()));
  return (req, res, next) => (mayReadMetrics(exchanges.of(req), deps) ? serve(req, res, next) : next());
};

/** Names that no other site's page can have: its own name may also resolve to loopback (DNS rebinding). */
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];
const IS_LOOPBACK = /^(127\.|::1$)/;
/** Proxies add these headers; clients on this machine do not. */
const IS_FORWARDING = /^(x-forwarded-.*|forwarded|x-real-ip|via)$/;

function mayReadMetrics(
  { req, origin }: Exchange,
  { metricsToken: token, allowedHosts }: OperationsDeps,
): boolean {
  const given = req.headers.authorization?.match(/^Bearer (\S+)$/i)?.[1];
  if (token !== undefined && given !== undefined) return timingSafeEqual(digest(given), digest(token));
  return (
    IS_LOOPBACK.test(origin.clientAddress) &&
    !Object.keys(req.headers).some((name) => IS_FORWARDING.test(name)) &&
    isAllowedHost(origin.host, [...LOOPBACK_HOSTS, ...allowedHosts])
  );
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const text = (
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Outgoing => ({ status, headers, content: { kind: 'raw', type, raw: body } });

const json = (status: number, value: object): Outgoing =>
  text(status, 'application/json', JSON.stringify(value));

function answer(exchanges: Exchanges, work: (exchange: Exchange) => Promise<Outgoing>): RequestHandler {
  return async (req) => {
    const exchange = exchanges.of(req);
    await send(exchange, await work(exchange));
  };
}
