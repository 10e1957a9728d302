import { describe, expect, it } from 'vitest';
import { ServiceUnavailable } from '../../../../src/kernel/errors.js';
import { systemRandom } from '../../../../src/kernel/random.js';
import { createSecretBox, UnreadableSecret } from '../../../../src/platform/otp/secret-box.js';

const SECRET = Buffer.from('12345678901234567890');
const boxOf = (key: string) => createSecretBox({ secretKey: () => key, random: systemRandom });
const box = boxOf('a secret key of a server');

describe('an encrypted secret', () => {
  it('can be read for the account that it is of', () => {
    expect(box.open(7, box.seal(7, SECRET))).toEqual(SECRET);
  });

  it('cannot be read for another account', () => {
    const sealed = box.seal(7, SECRET);
    for (const other of [8, 77, 0]) expect(() => box.open(other, sealed)).toThrow(UnreadableSecret);
  });

  it('cannot be read with another secret key', () => {
    const sealed = box.seal(7, SECRET);
    expect(() => boxOf('another key').open(7, sealed)).toThrow(UnreadableSecret);
    expect(boxOf('a secret key of a server').open(7, sealed)).toEqual(SECRET);
  });

  it('cannot be read once a bit of it is another one, or some of it is missing', () => {
    const sealed = box.seal(7, SECRET);
    for (let place = 0; place < sealed.length; place += 1) {
      const damaged = Buffer.from(sealed);
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      expect(() => box.open(7, damaged)).toThrow(UnreadableSecret);
      expect(() => box.open(7, sealed.subarray(0, place))).toThrow(UnreadableSecret);
    }
  });

  it('is another text each time, and holds nothing of the secret or the key', () => {
    const [first, second] = [box.seal(7, SECRET), box.seal(7, SECRET)];
    expect(first).not.toEqual(second);
    expect(first).toHaveLength(1 + 12 + 16 + SECRET.length);
    expect(first.includes(SECRET.subarray(0, 8))).toBe(false);
  });

  it('stays readable: what an earlier release stored', () => {
    const stored = 'Abd1Jg5hSaxH3r9+YAzKeSieyXPFgMYLAwjEOcXZpkwP3k/qXZJskE85DxdPEdKoKw==';
    expect(box.open(7, Buffer.from(stored, 'base64'))).toEqual(SECRET);
  });

  it('waits for the secret key of a server that is starting', () => {
    const starting = createSecretBox({
      secretKey: () => {
        throw new ServiceUnavailable('database_unreachable', 'The server is starting.');
      },
      random: systemRandom,
    });
    expect(() => starting.seal(7, SECRET)).toThrow(ServiceUnavailable);
    expect(() => starting.open(7, box.seal(7, SECRET))).toThrow(ServiceUnavailable);
  });
});
