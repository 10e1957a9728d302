import { createHash } from 'node:crypto';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBreachFile } from '../../../../../src/authentication/passwords/validators/breach-file.js';
import { ServiceUnavailable } from '../../../../../src/kernel/errors.js';

const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex').toUpperCase();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'breach-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const write = async (text: string): Promise<string> => {
  files += 1;
  const path = join(folder, `${files}.txt`);
  await writeFile(path, text);
  return path;
};

const list = (passwords: readonly string[], lineOf = (hash: string) => `${hash}\n`): string =>
  passwords.map(sha1).sort().map(lineOf).join('');

const found = async (path: string, passwords: readonly string[]): Promise<boolean[]> => {
  const { contains, close } = await createBreachFile(path);
  try {
    return await Promise.all(passwords.map(contains));
  } finally {
    await close();
  }
};

const many = Array.from({ length: 600 }, (_, index) => `breached ${index}`);

describe('a breach file', () => {
  it.each([
    ['bare hashes', (hash: string) => `${hash}\n`],
    ['counts', (hash: string) => `${hash}:${Number.parseInt(hash.slice(0, 5), 16)}\n`],
    ['counts and CRLF', (hash: string) => `${hash}:${Number.parseInt(hash.slice(0, 3), 16)}\r\n`],
  ])('of %s has every password in it and no other', async (_, lineOf) => {
    const path = await write(list(many, lineOf));
    expect((await found(path, many)).every(Boolean)).toBe(true);
    const others = many.map((password) => `${password}!`);
    expect((await found(path, others)).some(Boolean)).toBe(false);
  });

  it('of any size finds what it holds, with or without a last line end', async () => {
    const passwords = fc.uniqueArray(fc.string({ unit: 'binary' }), {
      minLength: 1,
      maxLength: 12,
      selector: sha1,
    });
    await fc.assert(
      fc.asyncProperty(passwords, fc.string(), fc.boolean(), async (held, other, ended) => {
        const text = list(held);
        const path = await write(ended ? text : text.slice(0, -1));
        const expected = new Set(held.map(sha1));
        expect(await found(path, [...held, other])).toEqual([
          ...held.map(() => true),
          expected.has(sha1(other)),
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it('is refused at opening, by the name of its setting, when it is missing', async () => {
    await expect(createBreachFile(join(folder, 'absent.txt'))).rejects.toThrow(
      /^PASSWORD_BREACH_FILE=.*ENOENT/,
    );
  });

  const hashes = list(many);
  it.each([
    ['empty', '', 'the file is empty'],
    [
      'not a list of hashes',
      'password\nqwerty\n',
      'the line at byte 0 is not an upper-case hexadecimal SHA-1',
    ],
    ['in lower case', hashes.toLowerCase(), 'not an upper-case hexadecimal SHA-1'],
    ['of NTLM hashes', `${'0123456789ABCDEF'.repeat(2)}\n`.repeat(3), 'not an upper-case hexadecimal SHA-1'],
    ['compressed', '\x1f\x8b\x08\x00'.repeat(500), 'not an upper-case hexadecimal SHA-1'],
    ['closed by a blank line', `${hashes}\n`, 'not an upper-case hexadecimal SHA-1'],
    ['cut in the middle of a line', hashes.slice(0, -20), 'not an upper-case hexadecimal SHA-1'],
    ['in descending order', hashes.trim().split('\n').reverse().join('\n'), 'the file is not sorted by hash'],
    ['in no order', many.map(sha1).join('\n'), 'the file is not sorted by hash'],
    ['of one hash, repeated', `${sha1('x')}\n${sha1('x')}\n`, 'the file is not sorted by hash'],
  ])('is refused at opening when it is %s', async (_, text, reason) => {
    const path = await write(text);
    await expect(createBreachFile(path)).rejects.toThrow(`PASSWORD_BREACH_FILE=${path}: `);
    await expect(createBreachFile(path)).rejects.toThrow(reason);
  });

  it('is refused at opening when it is a folder', async () => {
    await expect(createBreachFile(folder)).rejects.toThrow(`PASSWORD_BREACH_FILE=${folder}: `);
  });

  it('answers 503 rather than no when it shrinks in use', async () => {
    const path = await write(hashes);
    const { contains, close } = await createBreachFile(path);
    await truncate(path, 10);
    const answer = contains('breached 1');
    await expect(answer).rejects.toBeInstanceOf(ServiceUnavailable);
    await expect(answer).rejects.toMatchObject({ status: 503, body: { code: 'password_breach_file' } });
    await close();
  });

  it('answers 503 rather than no where it meets lines out of order', async () => {
    const lines = hashes.trim().split('\n');
    const [place] = lines.splice(150, 1, 'F'.repeat(40));
    const path = await write(hashes);
    const { contains, close } = await createBreachFile(path);
    await writeFile(path, `${lines.join('\n')}\n`);
    const displaced = many.find((password) => sha1(password) === place);
    await expect(contains(displaced ?? '')).rejects.toBeInstanceOf(ServiceUnavailable);
    await close();
  });
});
