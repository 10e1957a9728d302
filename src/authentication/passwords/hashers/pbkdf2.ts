import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { equalText, type Hasher, isLostByHmac } from './hasher.js';

const derive = promisify(pbkdf2);

/** Django 6.0 uses 1,200,000 and adds about a fifth per release; this many take a second or two. */
const MAXIMUM_ITERATIONS = 5_000_000;

const createPbkdf2 = (digest: 'sha256' | 'sha1', keyBytes: number, keyPattern: string): Hasher => {
  const algorithm = `pbkdf2_${digest}`;
  const format = new RegExp(`^${algorithm}\\$([1-9]\\d{0,7})\\$([^$]+)\\$(${keyPattern})$`);
  return {
    algorithm,
    read: (encoded) => {
      const [, iterations, salt, key] = format.exec(encoded) ?? [];
      if (salt === undefined || key === undefined) return undefined;
      if (Number(iterations) > MAXIMUM_ITERATIONS) return undefined;
      return async (password) => {
        const derived = await derive(password, salt, Number(iterations), keyBytes, digest);
        return equalText(derived.toString('base64'), key) && !isLostByHmac(password);
      };
    },
  };
};

/** `pbkdf2_sha256$<iterations>$<salt>$<base64>`: the format CVAT writes. At most 5,000,000 iterations. */
export const pbkdf2Sha256 = createPbkdf2('sha256', 32, '[A-Za-z0-9+/]{43}=');

/** `pbkdf2_sha1$<iterations>$<salt>$<base64>`. At most 5,000,000 iterations. */
export const pbkdf2Sha1 = createPbkdf2('sha1', 20, '[A-Za-z0-9+/]{27}=');
