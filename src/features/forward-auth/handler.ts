import type { RequestHandler } from 'express';
import { requireTrustedOrigin, SAFE_METHODS } from '../../authentication/csrf.js';
import type { Caller } from '../../kernel/account.js';
import {
  type ApiError,
  EnrolmentNeeded,
  NotAuthenticated,
  ParseError,
  PermissionDenied,
} from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { challengeOf, type PipelineDeps } from '../../platform/http/pipeline.js';
import { type Outgoing, send } from '../../platform/http/send.js';
import { type ApiTokenDeps, createApiTokenOf } from './api-token.js';
import { type ForwardedRequest, readForwarded } from './forwarded.js';
import { identityHeaders } from './identity-headers.js';

export const FORWARD_PATH = '/api/auth/forward';

export interface ForwardAuthDeps
  extends ApiTokenDeps,
    Pick<PipelineDeps, 'exchanges' | 'identify' | 'throttle'> {
  /** `FORWARD_AUTH_HOSTS`. */
  readonly hosts: readonly string[];
  readonly csrfTrustedOrigins: readonly string[];
  /** The only origin whose browsers have cookies of this server, so that a sign-in is of use to them. */
  readonly publicUrl: string;
  /** Pages of this server; null without pages. */
  readonly pages: { readonly signIn: string; readonly enrolment: string } | null;
  /** Asks a rule of the operator about a request. @throws ServiceUnavailable */
  readonly mayPass: (caller: Caller, rule: string, request: ForwardedRequest) => Promise<boolean>;
}

const RULE = /^[a-z][a-z0-9_]{0,63}$/;

/**
 * Tells a proxy whether a request may pass, and who sends it: nginx `auth_request`, Traefik ForwardAuth, Caddy
 * `forward_auth`. It takes the same credentials as the API, of the request that the proxy asks about.
 */
export function createForwardAuth(deps: ForwardAuthDeps): RequestHandler {
  const { publicUrl } = deps;
  const tokenOf = createApiTokenOf(deps);

  /** @throws PermissionDenied for a request that the program behind the proxy must not see */
  const requireAllowed = async (
    exchange: Exchange,
    caller: Caller,
    request: ForwardedRequest,
  ): Promise<void> => {
    requireUnbound(caller, request);
    if (caller.credential.kind === 'session') requireOwnPage(exchange, request, deps);
    const rule = exchange.query.get('rule');
    if (rule === null) return;
    if (!RULE.test(rule)) throw new ParseError('The parameter rule is no name of a rule.');
    if (await deps.mayPass(caller, rule, request)) return;
    exchange.report('policy.denied', { reason: `forward_auth.${rule} refuses ${request.host}` });
    throw new PermissionDenied();
  };

  /** What stands behind gets a token in place of a session or a password, and sees no other secret. */
  const authorizationOf = async ({ req }: Exchange, { account, credential }: Caller): Promise<string> =>
    credential.kind === 'token' || credential.kind === 'access-token'
      ? (req.headers.authorization ?? '')
      : `Token ${await tokenOf(account.id)}`;

  const answer = async (exchange: Exchange): Promise<Outgoing> => {
    const request = readForwarded(exchange, deps.hosts);
    const caller = await deps.identify(exchange, 'all');
    exchange.userId = caller?.account.id ?? null;
    await deps.throttle(exchange, caller, undefined);
    if (caller === null)
      return refuse(exchange, request, {
        page: deps.pages?.signIn ?? null,
        refusal: new NotAuthenticated(challengeOf('all')),
        publicUrl,
      });
    const enrolment = deps.pages?.enrolment ?? null;
    if (caller.mustEnrol)
      return refuse(exchange, request, {
        page: enrolment,
        refusal: new EnrolmentNeeded(enrolment),
        publicUrl,
      });
    await requireAllowed(exchange, caller, request);
    const asksForToken = exchange.query.get('token') === 'true';
    return {
      status: 200,
      headers: {
        ...identityHeaders(caller.account),
        ...(asksForToken ? { Authorization: await authorizationOf(exchange, caller) } : {}),
      },
      content: { kind: 'none' },
    };
  };

  return async (req) => {
    const exchange = deps.exchanges.of(req);
    await send(exchange, await answer(exchange));
  };
}

/** A token that is confined here would be a whole identity behind the proxy. @throws PermissionDenied */
function requireUnbound({ credential }: Caller, { method }: ForwardedRequest): void {
  if (credential.kind !== 'access-token') return;
  if (credential.boundTo !== null)
    throw new PermissionDenied('This token is bound to an organization, and valid in this API alone.');
  if (credential.readOnly && !SAFE_METHODS.has(method)) throw new PermissionDenied();
}

/**
 * The form of another site must not act in a session. The token of a form is out of reach here, in a body that no proxy
 * passes on: the browser has to say whose page it is.
 *
 * @throws PermissionDenied
 */
function requireOwnPage(
  exchange: Exchange,
  { method }: ForwardedRequest,
  { csrfTrustedOrigins }: Pick<ForwardAuthDeps, 'csrfTrustedOrigins'>,
): void {
  if (SAFE_METHODS.has(method)) return;
  const { headers } = exchange.req;
  const says = headers.origin !== undefined || (exchange.origin.secure && headers.referer !== undefined);
  try {
    if (!says) throw new PermissionDenied('CSRF Failed: neither Origin nor Referer says whose page it is.');
    requireTrustedOrigin(exchange, csrfTrustedOrigins);
  } catch (error) {
    exchange.report('csrf.refused', { account: exchange.userId, way: 'session' });
    throw error;
  }
}

/**
 * Answers with a refusal that leads a browser on: by a redirect, or by `Location` of the refusal itself. nginx turns every
 * other answer than 401 and 403 into 500, so that only other proxies ask for the redirect.
 *
 * @param page null without pages
 * @throws the refusal, for what no page can help
 */
function refuse(
  exchange: Exchange,
  request: ForwardedRequest,
  { page, refusal, publicUrl }: { page: string | null; refusal: ApiError; publicUrl: string },
): Outgoing {
  if (page === null || !isOpened(exchange, request, publicUrl)) throw refusal;
  const Location = `${page}?${new URLSearchParams({ next: request.target })}`;
  if (exchange.query.get('redirect') === 'true')
    return { status: 302, headers: { Location }, content: { kind: 'none' } };
  const { status, headers, body } = refusal;
  return { status, headers: { ...headers, Location }, content: { kind: 'json', value: body } };
}

/**
 * @returns whether a browser shows the answer, and has cookies of this server: on another host, it would be led in circles
 */
const isOpened = (
  { req }: Exchange,
  { method, scheme, host }: ForwardedRequest,
  publicUrl: string,
): boolean =>
  (method === 'GET' || method === 'HEAD') &&
  /\btext\/html\b/.test(req.headers.accept ?? '') &&
  `${scheme}://${host}` === new URL(publicUrl).origin;
