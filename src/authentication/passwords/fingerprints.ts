import { createHmac } from 'node:crypto';
import type { Random } from '../../kernel/random.js';

const KEY_BYTES = 32;

/** Names for credentials and for stored hashes. They reveal nothing without the keys, which only this process has. */
export function createFingerprints(random: Random) {
  const credentialsKey = random.bytes(KEY_BYTES);
  const storedHashKey = random.bytes(KEY_BYTES);
  return {
    fingerprintOf: (login: string, password: string): string =>
      createHmac('sha256', credentialsKey).update(frame(login, password)).digest('base64'),
    tagOf: (storedHash: string): Buffer => createHmac('sha256', storedHashKey).update(storedHash).digest(),
  };
}

/** UTF-16 keeps lone surrogates apart; the length in front keeps `ab`+`c` and `a`+`bc` apart. */
const frame = (login: string, password: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(login.length);
  return Buffer.concat([length, Buffer.from(login + password, 'utf16le')]);
};
