import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';

let person: TestAccount;
const app = useTestApp({ env: { LOGIN_FAILURES_PER_ADDRESS: 'none' } });
beforeAll(async () => {
  person = await app.register();
});

/** To a view that reads its body and answers `MUST_INCLUDE` to an object without the right keys. */
const post = (body: string | Uint8Array, contentType = 'application/json') =>
  app.send('/api/auth/login', { method: 'POST', headers: { 'Content-Type': contentType }, body });
const MUST_INCLUDE = ['Must include either "username" or "email" and "password".'];

describe('a body', () => {
  it.each([
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=unheard-of',
    'application/*',
    '*/*',
    ' application/json ',
  ])('is JSON when its type is %j', async (contentType) => {
    const answer = await post('{}', contentType);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(MUST_INCLUDE);
  });

  it.each([
    'text/plain',
    'application/vnd.cvat+json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/json, text/plain',
    'text/json; charset=utf-8',
    'nonsense "quoted"',
    '',
  ])('is refused as %j, named as it was sent', async (contentType) => {
    const answer = await post('{}', contentType);
    expect(answer.status).toBe(415);
    expect(answer.json()).toEqual({ detail: `Unsupported media type "${contentType}" in request.` });
  });

  it('is refused without a type', async () => {
    const answer = await app.send('/api/auth/login', { method: 'POST', body: '{}' });
    expect(answer.status).toBe(415);
    expect(answer.json()).toEqual({ detail: 'Unsupported media type "" in request.' });
  });

  it.each(['application/json', 'text/plain', 'multipart/form-data'])(
    'that is empty counts as {} for the type %s',
    async (contentType) => {
      expect((await post('', contentType)).json()).toEqual(MUST_INCLUDE);
      const chunked = rawRequest(
        [
          'POST /api/auth/login HTTP/1.1',
          'Host: localhost',
          `Content-Type: ${contentType}`,
          'Transfer-Encoding: chunked',
          'Connection: close',
        ],
        '0\r\n\r\n',
      );
      expect((await sendRaw(app.url, chunked)).text).toContain('Must include either');
    },
  );

  it('may come in chunks', async () => {
    const body = JSON.stringify({ username: person.username, password: person.password });
    const chunks = [...body].map((char) => `1\r\n${char}\r\n`).join('');
    const lines = [
      'POST /api/auth/login HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ];
    expect((await sendRaw(app.url, rawRequest(lines, `${chunks}0\r\n\r\n`))).statuses).toEqual([200]);
  });

  it.each([
    ['null', 'No data provided'],
    ['"text"', 'Invalid data. Expected a dictionary, but got str.'],
    ['1', 'Invalid data. Expected a dictionary, but got int.'],
    ['1.5', 'Invalid data. Expected a dictionary, but got float.'],
    ['true', 'Invalid data. Expected a dictionary, but got bool.'],
    ['[]', 'Invalid data. Expected a dictionary, but got list.'],
  ])('that is %s is no object', async (body, message) => {
    const headers = { 'Content-Type': 'application/json' };
    const answer = await app.send('/api/auth/register', { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ non_field_errors: [message] });
  });

  it.each([
    '{',
    '{"a":1,}',
    "{'a':1}",
    '{"a":01}',
    '[1 2]',
    'nul',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":-Infinity}',
    '{"a":undefined}',
    '{} {}',
    '   ',
    '{"a":"\u0001"}',
    '{"a":"\\x"}',
    '{"a":"\\u12"}',
    '// comment\n{}',
    '<xml/>',
    'a=b',
  ])('that is %j is malformed JSON', async (body) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ detail: expect.stringMatching(/^JSON parse error - .+/) });
  });

  it.each([
    ['a byte that is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['an overlong sequence', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['half a surrogate pair in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16 that nobody announced', Buffer.from('{}', 'utf16le')],
  ])('with %s is malformed JSON', async (_what, bytes) => {
    const answer = await post(bytes);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ detail: expect.stringMatching(/^JSON parse error - /) });
  });

  it('never has its text repeated in the error', async () => {
    const answer = await post('{"username":"marta","password":"Geheim-123" oops');
    expect(answer.text).not.toMatch(/Geheim|marta|oops/);
    expect(answer.json()).toEqual({ detail: expect.stringMatching(/: line 1 column \d+ \(char \d+\)$/) });
  });

  it.each([
    ['objects', (n: number) => `${'{"a":'.repeat(n)}1${'}'.repeat(n)}`],
    ['lists', (n: number) => `${'['.repeat(n)}${']'.repeat(n)}`],
  ])('of %s is refused when it is nested deeper than 100 levels', async (_what, nest) => {
    expect((await post(nest(101))).json()).toEqual({
      detail: 'JSON parse error - Nested deeper than 100 levels',
    });
    expect((await post(nest(100))).json()).toEqual(MUST_INCLUDE);
    expect((await post(nest(100_000))).status).toBe(400);
  });

  it('counts no brackets inside strings', async () => {
    expect((await post(`{"a":"${'[{'.repeat(500)}\\""}`)).json()).toEqual(MUST_INCLUDE);
  });

  it('is refused above a megabyte, before a password of it is hashed', async () => {
    const fill = (size: number) => `{"username":"marta","password":"${'x'.repeat(size - 35)}"}`;
    expect((await post(fill(1024 * 1024 + 1000))).status).toBe(413);
    const answer = await post(fill(1024 * 1024 - 1000));
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ non_field_errors: ['Unable to log in with provided credentials.'] });
  });

  it('is refused above a megabyte when it comes in chunks, and the connection closed', async () => {
    const lines = [
      'POST /api/auth/login HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
    ];
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const answer = await sendRaw(app.url, rawRequest(lines, chunk.repeat(17)));
    expect(answer.statuses).toEqual([413]);
    expect(answer.closed).toBe(true);
  });

  it('is not waited for by those who are refused before it', async () => {
    const lines = [
      'POST /api/auth/password/change HTTP/1.1',
      'Host: localhost',
      'Content-Type: application/json',
      'Content-Length: 1000',
    ];
    expect((await sendRaw(app.url, rawRequest(lines, '{'))).statuses).toEqual([401]);
  });
});

describe('keys that are properties of every object', () => {
  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'such as %s mean nothing in a body',
    async (key) => {
      const body = `{"${key}":{"polluted":true,"username":"x","is_superuser":true},"password":"x"}`;
      expect((await post(body)).json()).toEqual(MUST_INCLUDE);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    },
  );

  it('do not stand in for fields that are missing', async () => {
    const body = `{"__proto__":{"username":"${person.username}","password":"${person.password}"}}`;
    expect((await post(body)).json()).toEqual(MUST_INCLUDE);
  });

  it('mean nothing in a query, a cookie or a header', async () => {
    const answer = await app.send('/api/users/self?__proto__[polluted]=1&constructor.prototype.polluted=1', {
      headers: { ...person.authorization, Cookie: '__proto__=polluted; constructor=x', constructor: 'x' },
    });
    expect(answer.status).toBe(200);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('a change of an account', () => {
  const patch = (body: string) =>
    app.send(`/api/users/${person.id}`, {
      method: 'PATCH',
      headers: { ...person.authorization, 'Content-Type': 'application/json' },
      body,
    });

  it.each(['"x"', '[1]', '["email", null]', '{"x":1}'])(
    'names unknown fields with all that Python iterates over: %s',
    async (body) => {
      const answer = await patch(body);
      expect([answer.status, answer.json()]).toEqual([
        403,
        { detail: 'Attempted to update an unknown field' },
      ]);
    },
  );

  it.each([
    ['""', 'str'],
    ['[]', 'list'],
    ['1.0', 'float'],
    ['true', 'bool'],
  ])('names none with %s, which is no object', async (body, type) => {
    const answer = await patch(body);
    expect([answer.status, answer.json()]).toEqual([
      400,
      { non_field_errors: [`Invalid data. Expected a dictionary, but got ${type}.`] },
    ]);
  });
});
