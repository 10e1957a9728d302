import { isIPv4, isIPv6 } from 'node:net';

/** More proxies than any installation chains. It bounds the cost of parsing a header. */
const MAXIMUM_HOPS = 32;

/**
 * `address`, `address:port`, `[address]` and `[address]:port`, as proxies write them; an IPv6 address with a port is
 * in brackets.
 */
const WITH_BRACKETS = /^\[([^\]]+)\](?::\d{1,5})?$/;
const WITH_PORT = /^([\d.]+):\d{1,5}$/;

/**
 * Reads the address of a host. Port, zone and brackets are dropped; an IPv4 address inside IPv6 (RFC 4291, 2.5.5.2) is
 * the IPv4 address, since it is the same host.
 *
 * @param text from a socket, or an entry of `X-Forwarded-For`
 * @returns the canonical form (RFC 5952); undefined if it is not an address
 */
export function readAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  const bare = (WITH_BRACKETS.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text).split('%', 1)[0] ?? '';
  if (isIPv4(bare)) return bare;
  return isIPv6(bare) ? unmapped(new URL(`http://[${bare}]`).hostname.slice(1, -1)) : undefined;
}

const MAPPED = /^::ffff:([\da-f]+):([\da-f]+)$/;

function unmapped(address: string): string {
  const [, ...halves] = MAPPED.exec(address) ?? [];
  if (halves.length === 0) return address;
  return halves
    .map((half) => Number.parseInt(half, 16))
    .flatMap((half) => [half >> 8, half & 255])
    .join('.');
}

/**
 * Walks `X-Forwarded-For` backwards from its end, where the nearest proxy wrote, as long as the entries were written
 * by trusted proxies.
 *
 * @param peer address of the trusted proxy that sent the request
 * @param forwarded its `X-Forwarded-For`
 * @returns the first address that is not a trusted proxy. An entry that is not an address counts as the proxy that
 *   sent it
 */
export function beyondProxies(
  peer: string,
  forwarded: string,
  isTrusted: (address: string) => boolean,
): string {
  let client = peer;
  let end = forwarded.length;
  for (let hop = 0; hop < MAXIMUM_HOPS && end >= 0; hop += 1) {
    const comma = end === 0 ? -1 : forwarded.lastIndexOf(',', end - 1);
    const address = readAddress(forwarded.slice(comma + 1, end).trim());
    if (address === undefined) return client;
    client = address;
    if (!isTrusted(client)) return client;
    end = comma;
  }
  return client;
}

/**
 * The key by which limits count a client: an IPv4 address, or the /64 of an IPv6 address, which belongs to one client
 * as a whole (RFC 6177).
 *
 * @param address in canonical form, as returned by `readAddress`
 */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address;
  const [left = [], right = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::/64`;
}
