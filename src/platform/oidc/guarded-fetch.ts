import { lookup as lookupHost } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { describeNetworkFailure } from '../../kernel/network-failure.js';
import { ProviderUnreachable } from './unreachable.js';

export interface GuardedFetchOptions {
  /** `SSO_PRIVATE_NETWORKS`: private networks that are allowed. */
  readonly networks: readonly string[];
  /** The provider is configured to run on this machine. */
  readonly allowsLoopback: boolean;
  /** Milliseconds for a whole exchange. */
  readonly timeoutMs: number;
}

/** A subset of fetch: what `openid-client` and `jose` need. */
export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>> | Headers;
  readonly body?: unknown;
}

export type GuardedFetch = (url: string, init?: FetchInit) => Promise<Response>;

/** Discovery documents and key sets take a few KiB, tokens with many groups tens of them. */
const MAXIMUM_BYTES = 256 * 1024;

const LOOPBACK = networksOf(['127.0.0.0/8', '::1/128']);
/** Addresses that are not on the public internet (RFC 6890). */
const PRIVATE = networksOf([
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  '::/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
]);

/**
 * Fetches from identity providers: a discovery document may name any address, so private ones are refused also when a
 * public name resolves to them. It follows no redirect, and gives up on long and on slow answers.
 *
 * @throws ProviderUnreachable, also for answers of 5xx and redirects
 */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  const allowed = networksOf(options.networks.filter((network) => network !== 'loopback'));
  const allowsLoopback = options.allowsLoopback || options.networks.includes('loopback');
  const isAllowed = (address: string): boolean => {
    if (LOOPBACK.check(address, familyOf(address))) return allowsLoopback;
    return allowed.check(address, familyOf(address)) || !PRIVATE.check(address, familyOf(address));
  };
  const lookup: LookupFunction = (hostname, given, done) => {
    lookupHost(hostname, { ...given, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      const refused = addresses?.find(({ address }) => !isAllowed(address));
      if (error !== null || first === undefined) done(error ?? new Error(`${hostname} has no address`), '');
      else if (refused !== undefined) done(privateAddress(hostname, refused.address), '');
      else if (given.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
  const agent = new Agent({ connect: { lookup, timeout: options.timeoutMs }, connections: 8 });

  return async (address, init = {}) => {
    const url = new URL(address);
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) > 0 && !isAllowed(host)) throw privateAddress(url.hostname, host);
    try {
      const answer = await request(url, {
        dispatcher: agent,
        method: init.method === 'POST' ? 'POST' : 'GET',
        headers: { 'user-agent': 'cvat-auth-server', ...headersOf(init.headers) },
        body: init.body === undefined || init.body === null ? null : String(init.body),
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      if (answer.statusCode >= 500 || (answer.statusCode >= 300 && answer.statusCode < 400)) {
        await answer.body.dump();
        throw new ProviderUnreachable(`${url.origin} answers with the status ${answer.statusCode}.`);
      }
      const body = await readBounded(answer.body, url.origin);
      return new Response(answer.statusCode === 204 ? null : body, {
        status: answer.statusCode,
        headers: { 'content-type': String(answer.headers['content-type'] ?? '') },
      });
    } catch (error) {
      if (error instanceof ProviderUnreachable) throw error;
      if (error instanceof Error && error.cause instanceof ProviderUnreachable) throw error.cause;
      throw new ProviderUnreachable(`${url.origin} can't be reached: ${reasonOf(error, options)}.`, {
        cause: error,
      });
    }
  };
}

async function readBounded(body: AsyncIterable<Buffer>, origin: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAXIMUM_BYTES)
      throw new ProviderUnreachable(`${origin} sends more than ${MAXIMUM_BYTES / 1024} KiB.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const headersOf = (headers: FetchInit['headers'] = {}): Readonly<Record<string, string>> =>
  headers instanceof Headers ? Object.fromEntries(headers.entries()) : headers;

const privateAddress = (host: string, address: string): ProviderUnreachable =>
  new ProviderUnreachable(
    `${host} is the private address ${address}: if your identity provider is there, add its network to SSO_PRIVATE_NETWORKS.`,
  );

const reasonOf = (error: unknown, { timeoutMs }: GuardedFetchOptions): string =>
  error instanceof Error && error.name === 'TimeoutError'
    ? `it does not answer within ${timeoutMs / 1000} seconds`
    : describeNetworkFailure(error);

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function networksOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    list.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return list;
}
