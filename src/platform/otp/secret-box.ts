import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Random } from '../../kernel/random.js';

const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** The size of nonces for which GCM is made, and of its tags (NIST SP 800-38D, sections 5.2.1.1 and 5.2.1.2). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** First byte of what is stored, so that another format can be told apart. */
const VERSION = 1;

/** They separate this key from whatever else is derived from the secret key (RFC 5869, section 3.2). */
const SALT = 'auth_server.second_factors';
const INFO = 'auth_server.second_factors.totp.v1';

/** What is stored was encrypted with another key, or for another account, or is damaged. */
export class UnreadableSecret extends Error {
  constructor(options?: ErrorOptions) {
    super('The secret of a second factor cannot be decrypted with the secret key of this server.', options);
    this.name = new.target.name;
  }
}

/** Encrypts secrets for the database: who reads its rows has no factor, and a row counts for its own account alone. */
export interface SecretBox {
  /** @returns what to store */
  readonly seal: (accountId: number, secret: Uint8Array) => Buffer;
  /** @throws UnreadableSecret */
  readonly open: (accountId: number, sealed: Uint8Array) => Buffer;
}

/**
 * AES-256-GCM with a random nonce; the id of the account is additional data. The key comes from the secret key of the
 * server by HKDF with SHA-256 (RFC 5869).
 *
 * @param secretKey read at each use, because the server may learn it after its start
 */
export function createSecretBox({
  secretKey,
  random,
}: {
  readonly secretKey: () => string;
  readonly random: Pick<Random, 'bytes'>;
}): SecretBox {
  const key = () => Buffer.from(hkdfSync('sha256', secretKey(), SALT, INFO, KEY_BYTES));
  const dataOf = (accountId: number) => Buffer.from(`account:${accountId}`);

  const seal = (accountId: number, secret: Uint8Array): Buffer => {
    const nonce = random.bytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key(), nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(dataOf(accountId));
    const encrypted = Buffer.concat([cipher.update(secret), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), encrypted]);
  };

  const open = (accountId: number, sealed: Uint8Array): Buffer => {
    const stored = Buffer.from(sealed);
    const [nonceEnd, tagEnd] = [1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES];
    if (stored[0] !== VERSION || stored.length < tagEnd) throw new UnreadableSecret();
    const cipher = createDecipheriv(CIPHER, key(), stored.subarray(1, nonceEnd), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(dataOf(accountId));
    cipher.setAuthTag(stored.subarray(nonceEnd, tagEnd));
    const decrypted = cipher.update(stored.subarray(tagEnd));
    try {
      return Buffer.concat([decrypted, cipher.final()]);
    } catch (cause) {
      // Node.js has no error of its own for a tag that is wrong.
      throw new UnreadableSecret({ cause });
    }
  };

  return { seal, open };
}
