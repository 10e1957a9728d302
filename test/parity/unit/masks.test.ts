import { describe, expect, test } from 'vitest';
import { createMasks, maskCookie } from '../masks.js';

const KNOWN_KEY = 'K'.repeat(64);
const masks = createMasks(`
  INSERT INTO a VALUES ('2026-01-15 08:22:10.292+00', '2026-01-01 00:00:00+00', '${KNOWN_KEY}');
`);
const context = { host: 'localhost:4321', captured: new Map<string, string>() };
const body = (text: string, captured = new Map<string, string>()) =>
  masks.body(text, { ...context, captured });
const header = (name: string, ...values: string[]) => masks.header(name, values, context);

describe('the masks of a body', () => {
  test('call host and port HOST', () => {
    expect(body('{"url":"http://localhost:4321/api/users/2"}')).toBe('{"url":"http://HOST/api/users/2"}');
  });

  test('name moments of this run, with and without a fraction', () => {
    const now = new Date().toISOString();
    expect(body(`["${now}","${now.slice(0, 19)}Z"]`)).toBe('["<now>","<now0>"]');
  });

  test('name moments of the year of the recording, as in it', () => {
    expect(body('["2026-07-01T10:00:00.123456Z"]')).toBe('["<now>"]');
  });

  test('leave moments that are in the world', () => {
    const text = '["2026-01-15T08:22:10.292000Z","2026-01-01T00:00:00Z"]';
    expect(body(text)).toBe(text);
  });

  test('leave moments of other years, which requests name', () => {
    const text = '["2030-06-15T12:34:56.500000Z","1901-01-01T01:00:00Z"]';
    expect(body(text)).toBe(text);
  });

  test('name what a step captured, unless it is short enough to stand for something else', () => {
    const captured = new Map([
      ['ik', 'abcdefg'],
      ['oid', '4'],
    ]);
    expect(body('{"key":"abcdefg","id":4}', captured)).toBe('{"key":"<ik>","id":4}');
  });

  test('name API tokens, new keys and new access tokens', () => {
    expect(body(`{"key":"${'0a'.repeat(20)}"}`)).toBe('{"key":"<dkey>"}');
    expect(body(`{"key":"${'aB3x'.repeat(16)}"}`)).toBe('{"key":"<k64>"}');
    expect(body(`{"value":"${'a'.repeat(8)}.${'B'.repeat(32)}"}`)).toBe('{"value":"<pat>"}');
  });

  test('leave keys of the world, and longer runs of letters', () => {
    const text = `["${KNOWN_KEY}","${'x'.repeat(65)}"]`;
    expect(body(text)).toBe(text);
  });

  test('name the words of a parser, up to the end of their text', () => {
    expect(body('{"detail":"JSON parse error - Expecting \\"x\\" here","code":1}')).toBe(
      '{"detail":"JSON parse error - <x>","code":1}',
    );
    expect(body('["filter: can\'t parse filter expression: no"]')).toBe(
      '["filter: can\'t parse filter expression: <x>"]',
    );
  });

  test('name the seconds of a wait', () => {
    expect(body('Expected available in 1 second.')).toBe('Expected available in N second.');
    expect(body('Expected available in 3599 seconds.')).toBe('Expected available in N seconds.');
  });

  test('change nothing the second time', () => {
    const once = body(
      `{"key":"${'0a'.repeat(20)}","at":"${new Date().toISOString()}","d":"JSON parse error - no"}`,
    );
    expect(body(once)).toBe(once);
  });
});

describe('the masks of headers', () => {
  test('name the length of a cookie, and sort its attributes in lower case', () => {
    expect(
      maskCookie(
        `sessionid=${'a'.repeat(32)}; Path=/; HttpOnly; Expires=Sun, 1 Jan 2030 00:00:00 GMT; SameSite=Lax`,
      ),
    ).toBe('sessionid=<32>; expires=<x>; httponly; path=/; samesite=lax');
  });

  test('show that a cookie is deleted, and sessionfresh as it is', () => {
    expect(maskCookie('sessionid=""; Max-Age=0; Path=/')).toBe('sessionid=""; max-age=0; path=/');
    expect(maskCookie('sessionid=; Max-Age=0; Path=/')).toBe('sessionid=""; max-age=0; path=/');
    expect(maskCookie('sessionfresh=1; Path=/')).toBe('sessionfresh=1; path=/');
  });

  test('leave what was masked in the recording', () => {
    const line = 'csrftoken=<32>; expires=<x>; max-age=31449600; path=/; samesite=lax';
    expect(maskCookie(line)).toBe(line);
  });

  test('sort cookies, and drop the messages of pages', () => {
    expect(
      header('set-cookie', 'sessionid=ab; Path=/', 'messages=x; Path=/', 'csrftoken=abc; Path=/'),
    ).toEqual(['csrftoken=<3>; path=/', 'sessionid=<2>; path=/']);
  });

  test('name the seconds of Retry-After, and the host in others', () => {
    expect(header('retry-after', '59')).toEqual(['N']);
    expect(header('location', 'http://localhost:4321/api/docs')).toEqual(['http://HOST/api/docs']);
    expect(header('vary', 'Accept, Origin')).toEqual(['Accept, Origin']);
  });
});
