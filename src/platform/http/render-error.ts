import type { ErrorRequestHandler } from 'express';
import { type Clock, SECOND } from '../../kernel/clock.js';
import { ApiError, ServiceUnavailable, Throttled } from '../../kernel/errors.js';
import { BRIEF_LIMITS, type UnavailableCode } from '../../kernel/refusals.js';
import type { Log } from '../telemetry/log.js';
import type { Exchange, Exchanges } from './exchange.js';
import { NOT_FOUND_PAGE, SERVER_ERROR_PAGE } from './pages.js';
import { send } from './send.js';
import { sendPage } from './send-page.js';

export interface ErrorRendererDeps {
  readonly exchanges: Exchanges;
  readonly clock: Clock;
  readonly log: Log;
  /** Told the code of every answer with 503. Must not throw. */
  readonly onUnavailable: (code: UnavailableCode) => void;
}

/** @returns a function that logs and counts what operators should know of a failed request */
export const createFailureReport =
  ({ log, onUnavailable }: Pick<ErrorRendererDeps, 'log' | 'onUnavailable'>) =>
  (exchange: Exchange, error: unknown): void => {
    if (error instanceof ServiceUnavailable) {
      onUnavailable(error.code);
      log.warn({ request: exchange.id, code: error.code, error }, 'A dependency failed.');
    }
    if (error instanceof Throttled) exchange.report('limit.met', { limit: error.limit });
    if (!(error instanceof ApiError || isUndecodable(error)))
      log.error({ request: exchange.id, error }, 'A request failed unexpectedly.');
  };

/** Answers a failed request: with the answer of an API error, or else with one of Django's pages. */
export function createErrorRenderer({ exchanges, ...deps }: ErrorRendererDeps): ErrorRequestHandler {
  const report = createFailureReport(deps);
  return async (error, req, res, _next) => {
    const exchange = exchanges.of(req);
    report(exchange, error);
    if (error instanceof ApiError) return sendApiError(exchange, error, deps.clock);
    if (isUndecodable(error)) return sendPage(exchange, 404, NOT_FOUND_PAGE);
    if (res.headersSent) res.destroy();
    else await sendPage(exchange, 500, SERVER_ERROR_PAGE);
  };
}

const sendApiError = (exchange: Exchange, error: ApiError, clock: Clock): Promise<void> =>
  send(exchange, {
    status: error.status,
    headers: { ...error.headers, ...momentOf(error, clock) },
    content: { kind: 'json', value: error.body },
  });

/** @returns `Retry-After` of a limit that lasts, as a moment (RFC 9110, section 10.2.3) */
function momentOf(error: ApiError, clock: Clock): Readonly<Record<string, string>> {
  const seconds = error.headers['Retry-After'];
  if (!(error instanceof Throttled) || seconds === undefined || BRIEF_LIMITS.has(error.limit)) return {};
  // A moment has whole seconds: rounded up, so that nobody comes back too early.
  const wholeSeconds = Math.ceil(clock.now() / SECOND) + Number(seconds);
  return { 'Retry-After': new Date(wholeSeconds * SECOND).toUTCString() };
}

/** The router's error for a path parameter whose escapes are not UTF-8: no resource has such a path. */
const isUndecodable = (error: unknown): boolean =>
  error instanceof URIError && 'status' in error && error.status === 400;
