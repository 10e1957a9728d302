import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { RequestHandler } from 'express';
import type { Exchange, Exchanges } from './exchange.js';
import { send } from './send.js';

const gzip = promisify(gzipCallback);
/** Seconds. For files whose names do not change with their content, so that browsers have to revalidate. */
const REVALIDATED = 'public, max-age=3600';
/** A year, in seconds. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** A file that pages load. It is read and compressed on first use, then kept. */
export interface Asset {
  readonly path: string;
  readonly type: string;
  readonly read: () => Promise<Buffer>;
  /** The path names the content: browsers never ask again. */
  readonly isImmutable?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Loaded {
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/** @returns a handler for each file */
export const serveAssets = (exchanges: Exchanges, assets: readonly Asset[]) =>
  assets.map((asset): { readonly path: string; readonly handler: RequestHandler } => {
    let loaded: Promise<Loaded> | undefined;
    return {
      path: asset.path,
      handler: async (req, _res, next) => {
        if (req.method !== 'GET' && req.method !== 'HEAD') return next();
        loaded ??= load(asset).catch((error: unknown) => {
          // A file that could not be opened this time is read again for the next request.
          loaded = undefined;
          throw error;
        });
        await answer(exchanges.of(req), asset, await loaded);
      },
    };
  });

async function load({ read }: Asset): Promise<Loaded> {
  const plain = await read();
  return {
    plain,
    gzipped: await gzip(plain, { level: 9 }),
    etag: `"${createHash('sha256').update(plain).digest('hex').slice(0, 32)}"`,
  };
}

function answer(
  exchange: Exchange,
  { type, isImmutable, headers }: Asset,
  { etag, plain, gzipped }: Loaded,
): Promise<void> {
  const sent = exchange.req.headers;
  const cacheControl = isImmutable === true ? IMMUTABLE : REVALIDATED;
  const common = { ...headers, ETag: `W/${etag}`, 'Cache-Control': cacheControl };
  if (sent['if-none-match']?.includes(etag))
    return send(exchange, { status: 304, headers: common, content: { kind: 'none' } });
  const compressed =
    gzipped.length < plain.length && /\bgzip\b/.test(sent['accept-encoding']?.toString() ?? '');
  return send(exchange, {
    status: 200,
    headers: compressed ? { ...common, 'Content-Encoding': 'gzip' } : common,
    content: { kind: 'raw', type, raw: compressed ? gzipped : plain },
  });
}
