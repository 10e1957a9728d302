import { hash } from 'bcrypt';
import { describe, expect, it } from 'vitest';
import { createHashReader } from '../../../../../src/authentication/passwords/stored-hash.js';

const PASSWORD = 'Pässw0rd!';
const read = createHashReader(['bcrypt', 'md5', 'sha1']);

const check = async (password: string, encoded: string): Promise<boolean | undefined> =>
  read(encoded)?.check(password);

/** Made by Django 4.2 and the Python bindings of its time. */
const VECTORS = [
  'pbkdf2_sha256$1000$seasalt$1lrLeLHwkMOFuvnXObdONj80ptGz6VPLosb4ZHvPjxQ=',
  'pbkdf2_sha256$600000$abcdefghijklmnopqrstuv$QSWlbv3mZNyAEGsx8OrKxMc+70kV/u+aeEG0EhvCW0Y=',
  'pbkdf2_sha256$600000$qA8x9XE58oUZqsGAMVpE9z$Xqbo3+myUkIwofk/XMDUGO7HeWG93Y5mD/GoOclNrtc=',
  'pbkdf2_sha1$1000$seasalt$kM4WJ7bjvun+z4YBe1/phoz+0X8=',
  'scrypt$16384$seasalt2$8$1$23/j2uOOv3iPgZqB6B3LBOhabrpiSJf5gJHAXijkLJj3ECgIBBWDdcu53Lyml4MYgZpP0BM0EPsWndgfFegrVg==',
  'scrypt$16384$AXj0PxeyVd1QhJQGCAO4CB$8$1$eCGg2+t5r+qyc9j36Di+KOoFRFECqRcIzQHBLL1Tu89MZ6m+NLObmMJlN58rMUznKhctg0KmrX3A7EoUWmbABA==',
  'bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuue9kxD4iCPHJqdMINKgqk4utiFK.Y1cK',
  'bcrypt_sha256$$2b$04$rClkqtK30lRGaVHtw5rsy.Dsi07NjrJ7zJ4idL2miMlokTuipg5.i',
  'bcrypt$$2b$04$abcdefghijklmnopqrstuu.5JjNkqvKuUnk8ISjHf9O.8bPUwquTG',
  'argon2$argon2id$v=19$m=102400,t=2,p=8$c29tZXNhbHRzb21lc2FsdHNvbWVzYQ$S4wgi2/39fMAJlfhqz1lpg',
  'argon2$argon2id$v=19$m=1024,t=2,p=8$cGJnMVM1bXlaekdFN0VweE1QMEx2Wg$507Nt2d8TX/FpqR/PyqcXkIITJm8OaNRmR6PxYKKeTc',
  'md5$seasalt$207cdd0df3d34e6f649fff0e99931436',
  'md5$$e29042a326d6983a777ee737385f911f',
  'e29042a326d6983a777ee737385f911f',
  'sha1$seasalt$f1f44578b3fba45da8060bf5980e543e260d3a94',
  'sha1$$2f41b907e78757343ea3716625c84480397138c6',
];

describe('a stored hash made by Django', () => {
  it.each(VECTORS)('%s matches its password and no other', async (encoded) => {
    expect(await check(PASSWORD, encoded)).toBe(true);
    expect(await check(`${PASSWORD} `, encoded)).toBe(false);
    expect(await check('', encoded)).toBe(false);
  });

  it.each([
    ['a\0b', 'a', 'bcrypt_sha256$$2b$04$M1dWzhbq/j3z7R1F0aZpieWpHt1gKBDLLeUFlkVrh1/kd8jdpfNvK'],
    [
      `${'a'.repeat(100)}b`,
      'a'.repeat(72),
      'bcrypt_sha256$$2b$04$xK4mboRJRTUX1JKK/Fk9ueoZHAqtkzrqh9y1IXRu2cq60xgSb0cFe',
    ],
    ['', '\0', 'bcrypt_sha256$$2b$04$lSE71ukuOfTHknjbq8CfjOErGzFFcex7zjtfMoo4FsoE..ifcoPzi'],
  ])('matches %j whole, not %j', async (password, resembling, encoded) => {
    expect(await check(password, encoded)).toBe(true);
    expect(await check(resembling, encoded)).toBe(false);
  });

  it('matches a NUL-padded password nowhere, though HMAC cannot tell it apart', async () => {
    for (const encoded of VECTORS) expect(await check(`${PASSWORD}\0`, encoded)).toBe(false);
  });

  it('is read under the name of its algorithm', () => {
    expect(VECTORS.map((encoded) => read(encoded)?.algorithm)).toEqual([
      ...Array(3).fill('pbkdf2_sha256'),
      'pbkdf2_sha1',
      'scrypt',
      'scrypt',
      'bcrypt_sha256',
      'bcrypt_sha256',
      'bcrypt',
      'argon2',
      'argon2',
      'md5',
      'unsalted_md5',
      'unsalted_md5',
      'sha1',
      'unsalted_sha1',
    ]);
  });
});

describe('plain bcrypt', () => {
  const SETTING = '$2b$04$abcdefghijklmnopqrstuu';

  it('refuses passwords of which bcrypt would see only the first 72 bytes', async () => {
    const raw = await hash('a'.repeat(72), SETTING);
    expect(await hash('a'.repeat(73), SETTING)).toBe(raw);
    expect(await check('a'.repeat(72), `bcrypt$${raw}`)).toBe(true);
    expect(await check('a'.repeat(73), `bcrypt$${raw}`)).toBe(false);
  });

  it('refuses a NUL, after which bcrypt starts over: p and p, NUL, p are one key to it', async () => {
    const raw = await hash('secret', SETTING);
    expect(await hash('secret\0secret', SETTING)).toBe(raw);
    expect(await check('secret', `bcrypt$${raw}`)).toBe(true);
    expect(await check('secret\0secret', `bcrypt$${raw}`)).toBe(false);
  });
});

describe('weak formats', () => {
  const weak = VECTORS.filter((encoded) => /^(bcrypt|md5|sha1)\$|^[0-9a-f]{32}$/.test(encoded));

  it('are unknown by default', () => {
    expect(weak).toHaveLength(6);
    for (const encoded of weak) expect(createHashReader([])(encoded)).toBeUndefined();
  });

  it('are enabled by name, one by one', () => {
    const enabledBy = (name: 'bcrypt' | 'md5' | 'sha1') =>
      weak.filter((encoded) => createHashReader([name])(encoded)).map((encoded) => read(encoded)?.algorithm);
    expect(enabledBy('bcrypt')).toEqual(['bcrypt']);
    expect(enabledBy('md5')).toEqual(['md5', 'unsalted_md5', 'unsalted_md5']);
    expect(enabledBy('sha1')).toEqual(['sha1', 'unsalted_sha1']);
  });
});
