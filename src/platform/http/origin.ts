import type { IncomingMessage } from 'node:http';
import proxyaddr from 'proxy-addr';
import { beyondProxies, readAddress } from './client-address.js';

/** The scheme, host and client address of a request, which links, CSRF and limits use. */
export interface RequestOrigin {
  /** `X-Forwarded-Proto` up to its first comma must be exactly `https` (Django `SECURE_PROXY_SSL_HEADER`). */
  readonly secure: boolean;
  readonly scheme: 'http' | 'https';
  /** Host and port exactly as sent by a trusted proxy, in the request target or in `Host`; not validated. */
  readonly host: string;
  /** Address of the client, beyond trusted proxies, in canonical form; empty if the client has already disconnected. */
  readonly clientAddress: string;
  /** `scheme://host`. */
  readonly base: string;
  /** The host is the one that a trusted proxy was asked for, by its own words. */
  readonly isForwarded: boolean;
}

/** @param authority of a request target in absolute form, which overrides `Host` (RFC 9112, 3.2.2) */
export type OriginReader = (req: IncomingMessage, authority: string | undefined) => RequestOrigin;

/**
 * Trusts `X-Forwarded-*` only from trusted peers (deviation 7); the rest follows Django with `USE_X_FORWARDED_HOST`
 * and CVAT's `SECURE_PROXY_SSL_HEADER`.
 *
 * @param trustedProxies addresses, CIDR blocks or `loopback`
 */
export function createOriginReader(trustedProxies: readonly string[]): OriginReader {
  const trusts = proxyaddr.compile([...trustedProxies]);
  const isTrusted = (address: string): boolean => trusts(address, 0);
  return (req, authority) => {
    const peer = readAddress(req.socket.remoteAddress ?? '') ?? '';
    const believed = isTrusted(peer);
    const secure = believed ? isSecure(req) : isTls(req);
    const scheme = secure ? 'https' : 'http';
    const forwardedHost = believed ? header(req, 'x-forwarded-host') : undefined;
    const host = forwardedHost ?? authority ?? req.headers.host ?? '';
    const forwarded = believed ? header(req, 'x-forwarded-for') : undefined;
    const clientAddress = forwarded === undefined ? peer : beyondProxies(peer, forwarded, isTrusted);
    return {
      secure,
      scheme,
      host,
      clientAddress,
      base: `${scheme}://${host}`,
      isForwarded: forwardedHost !== undefined,
    };
  };
}

const header = (req: IncomingMessage, name: string): string | undefined => {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
};

const isTls = (req: IncomingMessage): boolean => 'encrypted' in req.socket && req.socket.encrypted === true;

function isSecure(req: IncomingMessage): boolean {
  const forwarded = header(req, 'x-forwarded-proto');
  return forwarded === undefined ? isTls(req) : forwarded.split(',', 1)[0]?.trim() === 'https';
}

const HOST_SYNTAX = /^([a-z0-9.-]+|\[[a-f0-9]*:[a-f0-9.:]+\])(:\d+)?$/;

/**
 * Django's `HttpRequest.get_host` check: syntax first, then `ALLOWED_HOSTS`.
 *
 * @param host with optional port, as sent
 * @param allowed exact names, `.domain` for the domain and all its subdomains, or `*`
 */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  const lower = host.toLowerCase();
  if (!HOST_SYNTAX.test(lower)) return false;
  const name = lower.replace(/:\d+$/, '').replace(/\.$/, '');
  return allowed.some((pattern) => {
    const wanted = pattern.toLowerCase();
    if (wanted === '*') return true;
    return wanted.startsWith('.') ? name.endsWith(wanted) || name === wanted.slice(1) : name === wanted;
  });
}
