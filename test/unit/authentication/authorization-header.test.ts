import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  authorizationWords,
  basicCredentials,
  tokenAfter,
} from '../../../src/authentication/authorization-header.js';
import { AuthenticationFailed } from '../../../src/kernel/errors.js';

const encode = (text: string | Buffer) => Buffer.from(text).toString('base64');

describe('authorizationWords', () => {
  it.each([
    [undefined, []],
    ['', []],
    [' \t ', []],
    ['Token a', ['Token', 'a']],
    ['\tToken \t a\f', ['Token', 'a']],
    ['Token\u00a0a', ['Token\u00a0a']],
  ])('splits %j at runs of ASCII whitespace, as bytes.split() does', (header, words) => {
    expect(authorizationWords(header)).toEqual(words);
  });
});

describe('tokenAfter', () => {
  it.each([
    ['Bearer x', undefined],
    ['Tokenx y', undefined],
    ['Token x', 'x'],
    ['tOKEN x', 'x'],
    ['Token \xc3\xa9', 'é'],
  ])('reads %j as %j', (header, token) => {
    expect(tokenAfter('token', header)).toBe(token);
  });
});

describe('basicCredentials', () => {
  it.each([
    [encode('a:b'), 'a', 'b'],
    [encode('a:b:c'), 'a', 'b:c'],
    [encode(':'), '', ''],
    [encode('a:'), 'a', ''],
    [encode(Buffer.from('é:ü', 'utf8')), 'é', 'ü'],
    [encode(Buffer.from('é:ü', 'latin1')), 'é', 'ü'],
    ['YTpi', 'a', 'b'],
    ['Y=TpiYw==', 'a', 'bc'],
    ['YTpiYw==YTpi', 'a', 'bc'],
  ])('reads %s as %j and %j', (encoded, login, password) => {
    expect(basicCredentials(`Basic ${encoded}`)).toEqual({ login, password });
  });

  it('gives back whatever was encoded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (name, password) => {
        const login = name.replaceAll(':', '');
        const read = basicCredentials(`Basic ${encode(`${login}:${password}`)}`);
        expect(read).toEqual({ login, password });
      }),
    );
  });

  it('never throws anything but the 401 of the contract', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 40 }), (text) => {
        try {
          basicCredentials(`Basic ${text}`);
        } catch (error) {
          expect(error).toBeInstanceOf(AuthenticationFailed);
        }
      }),
    );
  });
});

const python = (() => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** Reads JSON texts of headers, writes what DRF would make of each: null for the 401. */
const ORACLE = `
import base64, binascii, json, sys
def read(text):
    try:
        raw = base64.b64decode(text.encode('latin-1'))
        try: decoded = raw.decode('utf-8')
        except UnicodeDecodeError: decoded = raw.decode('latin-1')
        return decoded.split(':', 1) if ':' in decoded else None
    except (ValueError, binascii.Error): return None
print(json.dumps([read(text) for text in json.load(sys.stdin)]))
`;

describe.skipIf(!python)('the base64 decoder, beside the one of Python', () => {
  it('reads and refuses the same texts', () => {
    const alphabet = fc.constantFrom(...'YTpiAZ09+/====-_*é');
    const tails = fc.array(alphabet, { minLength: 1, maxLength: 14 });
    const texts = fc.sample(tails, { numRuns: 5000, seed: 7 }).map((chars) => `YTpi${chars.join('')}`);
    const answers = execFileSync('python3', ['-c', ORACLE], {
      input: JSON.stringify(texts),
      encoding: 'utf8',
    });
    const expected = JSON.parse(answers) as ([string, string] | null)[];
    const actual = texts.map((text) => {
      try {
        const read = basicCredentials(`Basic ${text}`);
        return read === undefined ? undefined : [read.login, read.password];
      } catch {
        return null;
      }
    });
    expect(expected.filter((answer) => answer !== null).length).toBeGreaterThan(100);
    expect(actual).toEqual(expected);
  });
});
