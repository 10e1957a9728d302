import { pbkdf2Sync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHashReader } from '../../../../../src/authentication/passwords/stored-hash.js';

const read = createHashReader(['bcrypt', 'md5', 'sha1']);

const KEY_32 = `${'A'.repeat(43)}=`;
const KEY_64 = `${'A'.repeat(86)}==`;
const SALT = 'c29tZXNhbHRzb21lc2FsdHNvbWVzYQ';
const HASH = 'S4wgi2/39fMAJlfhqz1lpg';
const BCRYPT_TAIL = 'abcdefghijklmnopqrstuue9kxD4iCPHJqdMINKgqk4utiFK.Y1cK';

const argon2 = (parameters: string): string => `argon2$argon2id$v=19$${parameters}$${SALT}$${HASH}`;
const scrypt = (N: number | string, r: number | string, p: number | string): string =>
  `scrypt$${N}$salt$${r}$${p}$${KEY_64}`;

describe('a hash above the ceiling of its algorithm', () => {
  it.each([
    [
      'the most PBKDF2 iterations',
      `pbkdf2_sha256$5000000$salt$${KEY_32}`,
      `pbkdf2_sha256$5000001$salt$${KEY_32}`,
    ],
    [
      'a thousand million iterations',
      `pbkdf2_sha256$1$salt$${KEY_32}`,
      `pbkdf2_sha256$1000000000$salt$${KEY_32}`,
    ],
    [
      'iterations beyond numbers',
      `pbkdf2_sha256$1$salt$${KEY_32}`,
      `pbkdf2_sha256$${'9'.repeat(60)}$s$${KEY_32}`,
    ],
    ['the most bcrypt rounds', `bcrypt_sha256$$2b$15$${BCRYPT_TAIL}`, `bcrypt_sha256$$2b$16$${BCRYPT_TAIL}`],
    [
      'the fewest bcrypt rounds',
      `bcrypt_sha256$$2b$04$${BCRYPT_TAIL}`,
      `bcrypt_sha256$$2b$03$${BCRYPT_TAIL}`,
    ],
    ['the most bcrypt rounds, bare', `bcrypt$$2b$15$${BCRYPT_TAIL}`, `bcrypt$$2b$31$${BCRYPT_TAIL}`],
    ['the most scrypt work', scrypt(2 ** 14, 8, 32), scrypt(2 ** 14, 8, 33)],
    ['the most scrypt memory', scrypt(2 ** 17, 8, 1), scrypt(2 ** 18, 8, 1)],
    ['the most scrypt blocks', scrypt(2, 8, 1024), scrypt(2, 8, 1025)],
    ['a huge N', scrypt(2, 8, 1), scrypt(2 ** 31, 8, 1)],
    ['an N that is no power of two', scrypt(1024, 8, 1), scrypt(1025, 8, 1)],
    ['an N of one', scrypt(2, 8, 1), scrypt(1, 8, 1)],
    ['an N too large for r', scrypt(2 ** 15, 1, 1), scrypt(2 ** 16, 1, 1)],
    ['a huge r', scrypt(2, 8, 1), scrypt(2, 2 ** 30, 1)],
    ['a huge p', scrypt(2, 8, 1), scrypt(2, 1, 2 ** 30)],
    ['the most Argon2 memory', argon2('m=131072,t=1,p=1'), argon2('m=131073,t=1,p=1')],
    ['2 TiB of Argon2 memory', argon2('m=1024,t=1,p=1'), argon2('m=2147483648,t=1,p=1')],
    ['the most Argon2 work', argon2('m=131072,t=8,p=1'), argon2('m=131072,t=9,p=1')],
    ['a huge t', argon2('m=1024,t=1,p=1'), argon2('m=1024,t=4294967295,p=1')],
    ['the most lanes', argon2('m=512,t=1,p=64'), argon2('m=520,t=1,p=65')],
    ['too many lanes for the memory', argon2('m=64,t=1,p=8'), argon2('m=63,t=1,p=8')],
  ])('is not read: %s', (_, highest, above) => {
    expect(read(highest)).toBeDefined();
    expect(read(above)).toBeUndefined();
  });
});

describe('a malformed hash', () => {
  it.each([
    '',
    '$',
    '!',
    'plain',
    'pbkdf2_sha256',
    'pbkdf2_sha256$',
    'pbkdf2_sha256$$$',
    `pbkdf2_sha256$1000$$${KEY_32}`,
    `pbkdf2_sha256$0$salt$${KEY_32}`,
    `pbkdf2_sha256$-1$salt$${KEY_32}`,
    `pbkdf2_sha256$1e3$salt$${KEY_32}`,
    `pbkdf2_sha256$١٢٣$salt$${KEY_32}`,
    'pbkdf2_sha256$1000$salt$',
    'pbkdf2_sha256$1000$salt$AAAA',
    `pbkdf2_sha256$1000$salt$${KEY_32}$`,
    `pbkdf2_sha256$1000$salt$${KEY_32}\n`,
    `PBKDF2_SHA256$1000$salt$${KEY_32}`,
    `pbkdf2_sha512$1000$salt$${KEY_32}`,
    `pbkdf2_sha1$1000$salt$${KEY_32}`,
    `pbkdf2_sha256$1000$${'s'.repeat(100)}$${KEY_32}`,
    scrypt('', 8, 1),
    scrypt(1024, 0, 1),
    scrypt(1024, 8, 'NaN'),
    `scrypt$1024$$8$1$${KEY_64}`,
    `bcrypt_sha256$$2y$04$${BCRYPT_TAIL}`,
    `bcrypt$$2y$04$${BCRYPT_TAIL}`,
    `bcrypt_sha256$$2b$4$${BCRYPT_TAIL}`,
    `bcrypt_sha256$2b$04$${BCRYPT_TAIL}`,
    `bcrypt_sha256$$2b$04$${BCRYPT_TAIL}x`,
    `bcrypt_sha256$$2b$04$${BCRYPT_TAIL.slice(1)}`,
    `argon2$argon2id$v=16$m=1024,t=1,p=1$${SALT}$${HASH}`,
    `argon2$argon2xd$v=19$m=1024,t=1,p=1$${SALT}$${HASH}`,
    `argon2$argon2id$v=19$m=1024,t=1,p=1$$${HASH}`,
    `argon2$argon2id$v=19$m=1024,t=1,p=1$${SALT}$`,
    `argon2$argon2id$v=19$m=1024,t=1,p=1$${SALT}$${HASH.slice(0, -1)}h`,
    argon2('m=1024,t=0,p=1'),
    argon2('t=1,m=1024,p=1'),
    `$argon2id$v=19$m=1024,t=1,p=1$${SALT}$${HASH}`,
    'md5$salt$207CDD0DF3D34E6F649FFF0E99931436',
    'md5$salt$207cdd',
    'md5$$zz9042a326d6983a777ee737385f911f',
    'zz9042a326d6983a777ee737385f911f',
    'sha1$$zz41b907e78757343ea3716625c84480397138c6',
    'sha1$salt$',
    '__proto__$x',
    'constructor$x',
  ])('is not read: %j', (encoded) => {
    expect(read(encoded)).toBeUndefined();
  });
});

const b64 = (minLength: number, maxLength: number) =>
  fc
    .uint8Array({ minLength, maxLength })
    .map((bytes) => Buffer.from(bytes).toString('base64').replace(/=+$/, ''));

/** Strings near the formats: right words in the right places, with numbers and salts of any kind. */
const nearlyEncoded = fc
  .tuple(
    fc.constantFrom(
      'pbkdf2_sha256',
      'pbkdf2_sha1',
      'argon2',
      'bcrypt_sha256',
      'bcrypt',
      'scrypt',
      'md5',
      'sha1',
      '!',
    ),
    fc.array(
      fc.oneof(
        fc.constantFrom(
          '',
          '1',
          '16384',
          'argon2id',
          'v=19',
          '2b',
          '2y',
          '04',
          '31',
          KEY_32,
          KEY_64,
          BCRYPT_TAIL,
        ),
        fc.nat({ max: 2 ** 31 }).map(String),
        fc.tuple(fc.nat(), fc.nat(), fc.nat()).map(([m, t, p]) => `m=${m},t=${t},p=${p}`),
        fc.string({ unit: 'binary' }),
        b64(0, 40),
      ),
      { maxLength: 6 },
    ),
  )
  .map(([algorithm, parts]) => [algorithm, ...parts].join('$'));

describe('reading any text', () => {
  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(nearlyEncoded, fc.string({ unit: 'binary' })), (encoded) => {
        const stored = read(encoded);
        expect(stored === undefined || typeof stored.check === 'function').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('never makes Argon2 throw, whatever the salt, the hash and the parameters are', async () => {
    const parameters = fc.record({
      variety: fc.constantFrom('argon2id', 'argon2i', 'argon2d'),
      m: fc.integer({ min: 1, max: 600 }),
      t: fc.integer({ min: 1, max: 3 }),
      p: fc.integer({ min: 1, max: 80 }),
      salt: b64(8, 48),
      hash: b64(12, 64),
    });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(parameters, async ({ variety, m, t, p, salt, hash }) => {
        const encoded = `argon2$${variety}$v=19$m=${m},t=${t},p=${p}$${salt}$${hash}`;
        const stored = read(encoded);
        if (!stored) return;
        compared += 1;
        expect(await stored.check('password')).toBe(false);
      }),
      { numRuns: 200 },
    );
    expect(compared).toBeGreaterThan(20);
  });

  it.each([
    [2 ** 17, 8, 1],
    [2 ** 15, 1, 1],
    [2 ** 14, 8, 32],
    [2, 8, 1024],
    [128, 2 ** 13, 1],
  ])('never makes scrypt throw at its ceilings: N=%d, r=%d, p=%d', async (N, r, p) => {
    expect(await read(scrypt(N, r, p))?.check('password')).toBe(false);
  });

  it('never makes scrypt throw below its ceilings', async () => {
    const parameters = fc.tuple(fc.integer({ min: 1, max: 10 }), fc.nat({ max: 16 }), fc.nat({ max: 8 }));
    await fc.assert(
      fc.asyncProperty(parameters, async ([exponent, r, p]) => {
        const stored = read(scrypt(2 ** exponent, r, p));
        expect(stored === undefined).toBe(r === 0 || p === 0);
        expect(await stored?.check('password')).not.toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('PBKDF2', () => {
  it('matches exactly the password it was made of', async () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 90 });
    const salt = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter((value) => !value.includes('$'));
    await fc.assert(
      fc.asyncProperty(text, text, salt, async (password, other, seasoning) => {
        const key = pbkdf2Sync(password, seasoning, 3, 32, 'sha256').toString('base64');
        const stored = read(`pbkdf2_sha256$3$${seasoning}$${key}`);
        expect(await stored?.check(password)).toBe(true);
        expect(await stored?.check(other)).toBe(other === password);
      }),
    );
  });
});
