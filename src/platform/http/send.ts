import { promisify } from 'node:util';
import { gzip as gzipCallback, gzipSync } from 'node:zlib';
import { stringifyJson } from '../values/json.js';
import { letBodyEnd } from './connection.js';
import type { Exchange } from './exchange.js';

const gzip = promisify(gzipCallback);
/** Django's `GZipMiddleware` does not compress shorter bodies. */
const GZIP_MINIMUM_BYTES = 200;
/** Up to here a thread costs more than it saves: a body of 16 KiB takes a fifth of a millisecond. */
const GZIP_AT_ONCE_BYTES = 16 * 1024;
/** The level of Django 4.2 (`compress_string`). */
const GZIP_OPTIONS = { level: 6 };

export interface Outgoing {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly content:
    | { readonly kind: 'json'; readonly value: unknown }
    | { readonly kind: 'raw'; readonly type: string; readonly raw: string | Buffer }
    | { readonly kind: 'none' };
}

/** Compact JSON as DRF renders it: U+2028 and U+2029 are escaped, everything else is plain UTF-8. */
const renderJson = (value: unknown, indent = 0): string =>
  stringifyJson(value, indent)
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');

/**
 * Sends the answer of an exchange with the headers that the middlewares of the contract add, in their order. Nothing
 * is sent twice: a failure after the headers were sent ends the connection. If the client has disconnected, `onUnsent`
 * gets the status instead.
 */
export async function send(exchange: Exchange, outgoing: Outgoing): Promise<void> {
  const { res, req } = exchange;
  for (const task of exchange.beforeSend.splice(0)) await task(outgoing.status);
  const { type, bytes } = encode(exchange, outgoing);
  // Bytes are already compressed.
  const isArchive = outgoing.content.kind === 'raw' && typeof outgoing.content.raw !== 'string';
  const compressed = isArchive ? bytes : await compress(exchange, bytes);
  await letBodyEnd(req);
  if (res.headersSent) return;
  if (res.destroyed || req.socket.destroyed) return exchange.onUnsent(outgoing.status);

  res.statusCode = outgoing.status;
  if (type !== undefined) res.setHeader('Content-Type', type);
  if (exchange.allow !== '') res.setHeader('Allow', exchange.allow);
  res.setHeader('Vary', vary(exchange, outgoing.status, bytes.length));
  if (!res.hasHeader('Cache-Control')) res.setHeader('Cache-Control', 'no-store');
  if (exchange.setCookies.size > 0) res.setHeader('Set-Cookie', [...exchange.setCookies.values()]);
  for (const [name, value] of Object.entries(outgoing.headers ?? {})) res.setHeader(name, value);
  if (compressed !== bytes) {
    res.setHeader('Content-Encoding', 'gzip');
    const etag = res.getHeader('ETag');
    if (typeof etag === 'string' && etag.startsWith('"')) res.setHeader('ETag', `W/${etag}`);
  }
  if (outgoing.status !== 304) res.setHeader('Content-Length', compressed.length);
  res.end(req.method === 'HEAD' ? undefined : compressed);
}

function encode({ representation }: Exchange, { content }: Outgoing): { type?: string; bytes: Buffer } {
  if (content.kind === 'none') return { bytes: Buffer.alloc(0) };
  if (content.kind === 'json') {
    return {
      type: representation.mediaType,
      bytes: Buffer.from(renderJson(content.value, representation.indent)),
    };
  }
  return {
    type: content.type,
    bytes: typeof content.raw === 'string' ? Buffer.from(content.raw) : content.raw,
  };
}

async function compress({ req }: Exchange, bytes: Buffer): Promise<Buffer> {
  if (bytes.length < GZIP_MINIMUM_BYTES || !/\bgzip\b/.test(req.headers['accept-encoding']?.toString() ?? ''))
    return bytes;
  const compressed =
    bytes.length <= GZIP_AT_ONCE_BYTES ? gzipSync(bytes, GZIP_OPTIONS) : await gzip(bytes, GZIP_OPTIONS);
  return compressed.length < bytes.length ? compressed : bytes;
}

/**
 * `Cookie` is listed if CVAT read the session: on every success and every page (its last-activity middleware), and on
 * a failure if authentication got as far as the session. It comes before `Origin` if the CSRF middleware added it
 * first.
 */
function vary({ allow, csrfCookieSet, sessionSeen }: Exchange, status: number, length: number): string {
  const variesByCookie = allow === '' || status < 400 || sessionSeen;
  const cookie = variesByCookie ? ['Cookie'] : [];
  return [
    ...(allow === '' ? [] : ['Accept']),
    ...(length >= GZIP_MINIMUM_BYTES ? ['Accept-Encoding'] : []),
    ...(csrfCookieSet ? ['Cookie', 'Origin'] : ['Origin', ...cookie]),
  ].join(', ');
}
