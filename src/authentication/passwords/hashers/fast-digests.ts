import { createHash } from 'node:crypto';
import { equalText, type Hasher } from './hasher.js';

type Digest = 'md5' | 'sha1';

const hexOf = (digest: Digest, text: string): string => createHash(digest).update(text).digest('hex');

const HEX_LENGTH: Readonly<Record<Digest, number>> = { md5: 32, sha1: 40 };

const salted = (digest: Digest): Hasher => {
  const format = new RegExp(`^${digest}\\$([^$]+)\\$([0-9a-f]{${HEX_LENGTH[digest]}})$`);
  return {
    algorithm: digest,
    read: (encoded) => {
      const [, salt, hex] = format.exec(encoded) ?? [];
      if (salt === undefined || hex === undefined) return undefined;
      return async (password) => equalText(hexOf(digest, salt + password), hex);
    },
  };
};

const unsalted = (digest: Digest, prefix: string): Hasher => ({
  algorithm: `unsalted_${digest}`,
  read: (encoded) => {
    const hex = encoded.startsWith(prefix) ? encoded.slice(prefix.length) : encoded;
    if (hex.length !== HEX_LENGTH[digest] || !/^[0-9a-f]+$/.test(hex)) return undefined;
    return async (password) => equalText(hexOf(digest, password), hex);
  },
});

/** `md5$<salt>$<hex>`: the format in CVAT's test databases. A graphics card tries billions of them per second. */
export const md5 = salted('md5');
/** `md5$$<hex>` or the bare 32 digits, from Django's first years. */
export const unsaltedMd5 = unsalted('md5', 'md5$$');
/** `sha1$<salt>$<hex>`, Django's default until 1.3. */
export const sha1 = salted('sha1');
/** `sha1$$<hex>`. */
export const unsaltedSha1 = unsalted('sha1', 'sha1$$');
