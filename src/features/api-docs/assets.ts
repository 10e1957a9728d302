import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip as gzipCallback } from 'node:zlib';
import type { RequestHandler } from 'express';
import type { Exchange, Exchanges } from '../../platform/http/exchange.js';
import { send } from '../../platform/http/send.js';

const gzip = promisify(gzipCallback);
/** Seconds. File names do not change with their content, so browsers have to revalidate. */
const CACHE_CONTROL = 'public, max-age=3600';

/** A file that pages load. It is read and compressed on first use, then kept. */
export interface Asset {
  readonly path: string;
  readonly file: URL;
  readonly type: string;
  readonly edit?: (text: string) => string;
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
        await answer(exchanges.of(req), asset.type, await loaded);
      },
    };
  });

async function load({ file, edit = (text) => text }: Asset): Promise<Loaded> {
  const plain = Buffer.from(edit(await readFile(file, 'utf8')));
  return {
    plain,
    gzipped: await gzip(plain, { level: 9 }),
    etag: `"${createHash('sha256').update(plain).digest('hex').slice(0, 32)}"`,
  };
}

function answer(exchange: Exchange, type: string, { etag, plain, gzipped }: Loaded): Promise<void> {
  const { headers } = exchange.req;
  const common = { ETag: `W/${etag}`, 'Cache-Control': CACHE_CONTROL };
  if (headers['if-none-match']?.includes(etag))
    return send(exchange, { status: 304, headers: common, content: { kind: 'none' } });
  const compressed = /\bgzip\b/.test(headers['accept-encoding']?.toString() ?? '');
  return send(exchange, {
    status: 200,
    headers: compressed ? { ...common, 'Content-Encoding': 'gzip' } : common,
    content: { kind: 'raw', type, raw: compressed ? gzipped : plain },
  });
}
