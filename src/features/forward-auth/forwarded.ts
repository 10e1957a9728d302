import { ParseError, PermissionDenied } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { isAllowedHost } from '../../platform/http/origin.js';

/** The request that a proxy asks about. */
export interface ForwardedRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** The path with the query. */
  readonly target: string;
}

const METHOD = /^[A-Z]{1,32}$/;
/** Printable ASCII: what a request target consists of. Not `//`, which a browser would read as another host. */
const TARGET = /^\/(?![/\\])[!-~]*$|^\/$/;

/**
 * Reads `X-Forwarded-Method` and `-Uri`, which Traefik and Caddy send, and nginx as docs/forward-auth.md says; scheme
 * and host are those of the exchange.
 *
 * @param hosts that may ask; `.domain` for a domain with everything below it
 * @throws PermissionDenied if the peer is no proxy that is trusted, or the host is none of these; ParseError if it does
 *   not say what it asks about
 */
export function readForwarded({ req, origin }: Exchange, hosts: readonly string[]): ForwardedRequest {
  if (!origin.isForwarded)
    throw new PermissionDenied('Only a proxy in TRUSTED_PROXIES that sends X-Forwarded-Host can ask this.');
  if (!isAllowedHost(origin.host, hosts))
    throw new PermissionDenied('This host is not in FORWARD_AUTH_HOSTS.');
  const method = headerOf(req.headers['x-forwarded-method']);
  if (!METHOD.test(method)) throw new ParseError('X-Forwarded-Method is missing, or it is no method.');
  const target = headerOf(req.headers['x-forwarded-uri']);
  if (!TARGET.test(target)) throw new ParseError('X-Forwarded-Uri is missing, or it is no path.');
  const [path = ''] = target.split('?', 1);
  return { method, scheme: origin.scheme, host: origin.host, path, target };
}

const headerOf = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : '';
