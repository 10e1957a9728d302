import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { StartError } from '../../kernel/start-error.js';
import { accentProperties } from '../../platform/html/brand.js';
import { type Asset, serveAssets } from '../../platform/http/assets.js';
import type { Exchanges } from '../../platform/http/exchange.js';
import { PATHS } from './paths.js';

export interface Brand {
  /** `BRAND_COLOR`, as `#rrggbb`. */
  readonly color: string;
  /** `BRAND_LOGO`: a file; undefined for our own. */
  readonly logo: string | undefined;
}

const LOGO_TYPES: Readonly<Record<string, string>> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
};
/** A logo may be an SVG of strangers: opened by its address, it runs nothing. */
const NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * The files that the pages load.
 *
 * @throws StartError if BRAND_LOGO is not an image that can be read
 */
export function createPageAssets(brand: Brand) {
  const own = (name: string): Buffer => readFileSync(new URL(`assets/${name}`, import.meta.url));
  const style = Buffer.concat([Buffer.from(accentProperties(brand.color)), own('account.css')]);
  const stylesheet = assetOf('account.css', 'text/css; charset=utf-8', style);
  const script = assetOf('account.js', 'text/javascript; charset=utf-8', own('account.js'));
  const keyScript = assetOf('keys.js', 'text/javascript; charset=utf-8', own('keys.js'));
  const logo =
    brand.logo === undefined ? assetOf('logo.svg', 'image/svg+xml', own('logo.svg')) : readLogo(brand.logo);
  return {
    stylesheet: stylesheet.path,
    script: script.path,
    keyScript: keyScript.path,
    logo: logo.path,
    handlers: (exchanges: Exchanges) => serveAssets(exchanges, [stylesheet, script, keyScript, logo]),
  };
}

function assetOf(name: string, type: string, content: Buffer): Asset {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12);
  const { name: stem, ext } = path.parse(name);
  return {
    path: `${PATHS.assets}/${stem}.${hash}${ext}`,
    type,
    read: async () => content,
    isImmutable: true,
    headers: { 'Content-Security-Policy': NO_SCRIPTS },
  };
}

function readLogo(file: string): Asset {
  const ending = path.extname(file).toLowerCase();
  const type = LOGO_TYPES[ending];
  if (type === undefined)
    throw new StartError(
      `BRAND_LOGO is ${file}: it must be a file whose name ends in ${Object.keys(LOGO_TYPES).join(', ')}.`,
    );
  try {
    return assetOf(`logo${ending}`, type, readFileSync(file));
  } catch (cause) {
    throw new StartError(
      `BRAND_LOGO names ${file}, which can't be read: correct the path or its permissions.`,
      { cause },
    );
  }
}
