import { z } from 'zod';

/** How to reach Redis: one server, the nodes of a cluster, or the sentinels of a master. */
export type RedisTarget = RedisServer | RedisCluster | RedisSentinels;

interface RedisServer {
  readonly kind: 'single';
  readonly tls: boolean;
}

export interface RedisCluster {
  readonly kind: 'cluster';
  readonly nodes: readonly RedisNode[];
  readonly login: RedisLogin;
}

export interface RedisSentinels {
  readonly kind: 'sentinel';
  readonly nodes: readonly RedisNode[];
  readonly master: string;
  readonly database: number;
  /** Of the master. */
  readonly login: RedisLogin;
}

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

const FORM = /^(redis|rediss)(?:\+(cluster|sentinel))?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/([^/]*))?(?:\/(\d+))?$/;
const EXPECTED =
  'it must be redis://host:6379/0, redis+cluster://a:6379,b:6379 or redis+sentinel://a:26379,b:26379/mymaster/0; rediss for TLS';

/** @returns the target that a URL names, or undefined if it has none of the three forms */
export function parseRedisUrl(url: string): RedisTarget | undefined {
  const [matched, scheme = '', mode, credentials = '', hosts = '', first = '', second] =
    url.match(FORM) ?? [];
  if (matched === undefined) return undefined;
  if (mode === undefined)
    return URL.canParse(url) && !hosts.includes(',')
      ? { kind: 'single', tls: scheme === 'rediss' }
      : undefined;
  const nodes = hosts.split(',').map((host) => parseNode(host, mode === 'sentinel' ? 26_379 : 6379));
  if (nodes.some((node) => node === undefined)) return undefined;
  const known = nodes.filter((node) => node !== undefined);
  const login = { ...parseLogin(credentials), tls: scheme === 'rediss' };
  if (mode === 'cluster') return first === '' ? { kind: 'cluster', nodes: known, login } : undefined;
  return first === ''
    ? undefined
    : { kind: 'sentinel', nodes: known, master: first, database: Number(second ?? 0), login };
}

function parseNode(text: string, defaultPort: number): RedisNode | undefined {
  const [, host, port] = text.match(/^(\[[0-9a-fA-F:]+\]|[^:[\]]+)(?::(\d{1,5}))?$/) ?? [];
  return host === undefined
    ? undefined
    : { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? defaultPort) };
}

function parseLogin(credentials: string): { username?: string; password?: string } {
  const colon = credentials.indexOf(':');
  const username = decodeURIComponent(colon < 0 ? credentials : credentials.slice(0, colon));
  const password = colon < 0 ? '' : decodeURIComponent(credentials.slice(colon + 1));
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

/** A `%` that begins no code: the login can't be decoded. */
const hasRawPercent = (url: string): boolean =>
  /%(?![0-9a-fA-F]{2})/.test(url.slice(0, Math.max(0, url.lastIndexOf('@'))));

export const redisUrl = (description: string) =>
  z
    .string()
    .refine((url) => !hasRawPercent(url), {
      error:
        'the user name or the password contains a character that must be percent-encoded: % is written %25',
      abort: true,
    })
    .refine((url) => parseRedisUrl(url) !== undefined, EXPECTED)
    .optional()
    .meta({ description });
