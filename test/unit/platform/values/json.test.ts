import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ExactNumber,
  isNumber,
  isObject,
  JsonLimitError,
  MAXIMUM_DIGITS,
  NestingError,
  parseJson,
  stringifyJson,
} from '../../../../src/platform/values/json.js';
import { pythonStr } from '../../../../src/platform/values/python-text.js';
import { workOf } from '../../../support/work.js';

/** `json.dumps(json.loads(text))` of CPython 3.12 where the two differ, or where JavaScript would differ. */
const NUMBERS: readonly (readonly [text: string, python: string])[] = [
  ['0', '0'],
  ['-0', '0'],
  ['-1', '-1'],
  ['9007199254740993', '9007199254740993'],
  ['12345678901234567890', '12345678901234567890'],
  ['-12345678901234567890', '-12345678901234567890'],
  ['99999999999999999999', '99999999999999999999'],
  ['100000000000000000000', '100000000000000000000'],
  ['1000000000000000000000', '1000000000000000000000'],
  [`1${'0'.repeat(400)}`, `1${'0'.repeat(400)}`],
  ['0.0', '0.0'],
  ['-0.0', '-0.0'],
  ['1.0', '1.0'],
  ['1.5', '1.5'],
  ['1.10', '1.1'],
  ['0.1e1', '1.0'],
  ['1e2', '100.0'],
  ['1E+2', '100.0'],
  ['1e15', '1000000000000000.0'],
  ['1e16', '1e+16'],
  ['12345678901234567.0', '1.2345678901234568e+16'],
  ['1e22', '1e+22'],
  ['1.5e300', '1.5e+300'],
  ['123456789012345680000.0', '1.2345678901234568e+20'],
  ['0.0001', '0.0001'],
  ['0.00001', '1e-05'],
  ['-0.000012', '-1.2e-05'],
  ['1e-7', '1e-07'],
  ['5e-324', '5e-324'],
  ['1e-400', '0.0'],
  ['0.1', '0.1'],
  ['0.30000000000000004', '0.30000000000000004'],
  ['3.141592653589793238462643', '3.141592653589793'],
  ['1234567890123456.5', '1234567890123456.5'],
];

describe('a number', () => {
  it.each(NUMBERS)('%s is what Python reads and writes', (text, python) => {
    expect(stringifyJson(parseJson(text))).toBe(python);
    expect(pythonStr(parseJson(text))).toBe(python);
    expect(stringifyJson(parseJson(`{"a":[${text}]}`))).toBe(`{"a":[${python}]}`);
    expect(Number(parseJson(text)) === Number(text)).toBe(true);
  });

  it.each([
    ['1e999', 'inf'],
    ['-1E999', '-inf'],
  ])('%s is infinite, and null in JSON', (text, python) => {
    const value = parseJson(text);
    expect([pythonStr(value), Number(value), stringifyJson([value])]).toEqual([
      python,
      Number(text),
      '[null]',
    ]);
  });

  it('is a plain one in nearly every text', () => {
    expect(parseJson('[0,1,-7,1.5,2147483648,1e2,1.0]')).toEqual([
      0,
      1,
      -7,
      1.5,
      2147483648,
      new ExactNumber('100.0', 'float'),
      new ExactNumber('1.0', 'float'),
    ]);
  });

  it('has as many digits as the limit says', () => {
    const [long, longer] = ['9'.repeat(4300), '9'.repeat(4301)];
    const limits = { digits: MAXIMUM_DIGITS };
    expect(stringifyJson(parseJson(`-${long}`, limits))).toBe(`-${long}`);
    expect(() => parseJson(longer, limits)).toThrow(JsonLimitError);
    expect(() => parseJson(`[-${longer}]`, limits)).toThrow(/limit \(4300 digits\)/);
    expect(stringifyJson(parseJson(longer))).toBe(longer);
  });

  it('is not an object, and is not written by JSON.stringify', () => {
    const value = parseJson('1.0');
    expect([isNumber(value), isObject(value)]).toEqual([true, false]);
    expect(() => JSON.stringify({ value })).toThrow('use stringifyJson');
  });
});

describe('parseJson', () => {
  it('reads what JSON.parse reads, with and without such a number beside it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        const plain: unknown = JSON.parse(text);
        expect(JSON.parse(stringifyJson(parseJson(text)))).toEqual(plain);
        expect(JSON.parse(stringifyJson(parseJson(`[1.0,${text}]`)))).toEqual([1, plain]);
      }),
    );
  });

  it.each([
    '',
    '{',
    '[1.0',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '--1',
    '1.0.0',
    'NaN',
    'Infinity',
    '{"a":1.0,}',
    '1.0 2.0',
  ])('refuses %j like JSON.parse', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('takes the last of several values under one key', () => {
    expect(stringifyJson(parseJson('{"a":1.0,"b":2,"a":{"c":1},"a":1e2}'))).toBe('{"a":100.0,"b":2}');
  });

  it('gives no object another prototype', () => {
    const value = parseJson('{"__proto__":{"polluted":1.0},"constructor":2}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(value).not.toHaveProperty('polluted');
    expect(stringifyJson(value)).toBe('{"__proto__":{"polluted":1.0},"constructor":2}');
  });

  it('looks for numbers and brackets outside of texts only', () => {
    const text = String.raw`{"a\"1.0":"[[[1.0\\","b":"\\\"1e5"}`;
    expect(parseJson(text, { depth: 1 })).toEqual(JSON.parse(text));
  });

  it('counts levels before it recurses', () => {
    expect(parseJson('[[1.0]]', { depth: 2 })).toHaveLength(1);
    expect(() => parseJson('[[{}]]', { depth: 2 })).toThrow(NestingError);
    expect(() => parseJson('['.repeat(1_000_000), { depth: 100 })).toThrow(NestingError);
  });

  it.each([
    ['digits', (n: number) => '9'.repeat(n)],
    ['signs', (n: number) => '-'.repeat(n)],
    ['numbers', (n: number) => `[${'1.0,'.repeat(n / 4)}1]`],
    ['one key again and again', (n: number) => `{${'"a":1.0,'.repeat(n / 8)}"a":1}`],
    ['a text', (n: number) => `[1.0,"${'\\u0041'.repeat(n / 6)}"]`],
    ['quotes', (n: number) => '"'.repeat(n)],
    ['backslashes', (n: number) => `"${'\\'.repeat(n)}`],
  ])('takes time in proportion to its length for %s', async (_what, textOf) => {
    const text = textOf(1_000_000);
    const work = await workOf(() => {
      try {
        parseJson(text);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
      }
    });
    expect(work).toBeLessThan(5000);
  });
});

describe('stringifyJson', () => {
  it('is JSON.stringify for everything else, indented or not', () => {
    const value = { a: [1, 'x', null, true, { b: [] }], c: {} };
    for (const indent of [0, 4]) {
      expect(stringifyJson(value, indent)).toBe(JSON.stringify(value, null, indent));
      const exact = stringifyJson({ ...value, d: new ExactNumber('2.0', 'float') }, indent);
      expect(exact).toBe(JSON.stringify({ ...value, d: 2 }, null, indent).replace(/2(\s*)\}$/, '2.0$1}'));
    }
  });

  it('lets other errors be', () => {
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    expect(() => stringifyJson(loop)).toThrow(/circular/);
  });
});
