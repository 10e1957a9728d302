import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';

/** Requests whose end two parsers could see at two places: refused, and nothing behind them is ever read as a request. */

let app: TestApp;
beforeAll(async () => {
  app = await createTestApp();
});
afterAll(() => app.close());

const POST = 'POST /api/auth/login HTTP/1.1';
const HOST = 'Host: localhost';
const JSON_TYPE = 'Content-Type: application/json';
/** What an attacker hides behind the first request. */
const HIDDEN = 'GET /api/server/about HTTP/1.1\r\nHost: localhost\r\n\r\n';
const EMPTY_CHUNKS = '0\r\n\r\n';

const cases: readonly (readonly [what: string, bytes: string])[] = [
  [
    'Content-Length and Transfer-Encoding',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'Content-Length: 4', 'Transfer-Encoding: chunked'],
      EMPTY_CHUNKS + HIDDEN,
    ),
  ],
  [
    'Transfer-Encoding and Content-Length',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked', 'Content-Length: 4'],
      EMPTY_CHUNKS + HIDDEN,
    ),
  ],
  [
    'two lengths that differ',
    rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2', 'Content-Length: 40'], `{}${HIDDEN}`),
  ],
  [
    'two lengths that agree',
    rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2', 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['a list of lengths', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2, 2'], `{}${HIDDEN}`)],
  ['a length with a plus', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: +2'], `{}${HIDDEN}`)],
  ['a negative length', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: -2'], HIDDEN)],
  ['a length in hexadecimal', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 0x2'], `{}${HIDDEN}`)],
  [
    'a length beyond all numbers',
    rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 99999999999999999999999'], HIDDEN),
  ],
  ['a length with letters', rawRequest([POST, HOST, JSON_TYPE, 'Content-Length: 2a'], `{}${HIDDEN}`)],
  [
    'an encoding behind chunked',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked, identity'], EMPTY_CHUNKS + HIDDEN),
  ],
  [
    'an encoding that is no word of ours',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: xchunked'], EMPTY_CHUNKS + HIDDEN),
  ],
  [
    'two encodings',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked', 'Transfer-Encoding: x'],
      EMPTY_CHUNKS + HIDDEN,
    ),
  ],
  [
    'a blank before the colon',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding : chunked'], EMPTY_CHUNKS + HIDDEN),
  ],
  [
    'a header before which a line is folded',
    rawRequest(
      [POST, HOST, JSON_TYPE, 'X-A: b', ' Transfer-Encoding: chunked', 'Content-Length: 2'],
      `{}${HIDDEN}`,
    ),
  ],
  ['a header without a colon', rawRequest([POST, HOST, 'Nonsense', 'Content-Length: 2'], `{}${HIDDEN}`)],
  [
    'a header name with a control character',
    rawRequest([POST, HOST, 'X\x01A: b', 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['NUL in a header', rawRequest([POST, HOST, 'X-A: a\0b', 'Content-Length: 2'], `{}${HIDDEN}`)],
  [
    'a bare carriage return in a header',
    rawRequest([POST, HOST, 'X-A: a\rTransfer-Encoding: chunked', 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['lines that end in a bare line feed', `${POST}\n${HOST}\nContent-Length: 2\n\n{}${HIDDEN}`],
  [
    'a bare line feed between headers',
    rawRequest([POST, `${HOST}\nTransfer-Encoding: chunked`, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  [
    'a size of a chunk that is no number',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `zz\r\n{}\r\n${EMPTY_CHUNKS}${HIDDEN}`),
  ],
  [
    'a size of a chunk with a sign',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `+2\r\n{}\r\n${EMPTY_CHUNKS}${HIDDEN}`),
  ],
  [
    'a chunk that is longer than its size',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `1\r\n{}\r\n${EMPTY_CHUNKS}${HIDDEN}`),
  ],
  [
    'a chunk that ends in a bare line feed',
    rawRequest([POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'], `2\n{}\n0\n\n${HIDDEN}`),
  ],
  ['no Host', rawRequest([POST, JSON_TYPE, 'Content-Length: 2'], `{}${HIDDEN}`)],
  [
    'two Hosts',
    rawRequest([POST, HOST, 'Host: evil.example', JSON_TYPE, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  [
    'another version of HTTP',
    rawRequest(['POST /api/auth/login HTTP/3.7', HOST, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  [
    'a blank in the path',
    rawRequest(['POST /api/auth/login /x HTTP/1.1', HOST, 'Content-Length: 2'], `{}${HIDDEN}`),
  ],
  ['no HTTP at all', `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${HIDDEN}`],
];

describe('a request with', () => {
  it.each(cases)('%s gets one 400 and a closed connection', async (_what, bytes) => {
    const answer = await sendRaw(app.url, bytes);
    expect(answer.statuses).toEqual([400]);
    expect(answer.closed).toBe(true);
    expect(answer.text).not.toContain('Computer Vision');
  });

  it('an extension of a chunk is read as one request, and the next one after it', async () => {
    const first = rawRequest(
      [POST, HOST, JSON_TYPE, 'Transfer-Encoding: chunked'],
      `2;a=b\r\n{}\r\n${EMPTY_CHUNKS}`,
    );
    expect((await sendRaw(app.url, first + HIDDEN)).statuses).toEqual([400, 200]);
  });

  it('an upgrade is answered as if it had asked for none', async () => {
    const lines = [
      'GET /api/server/about HTTP/1.1',
      HOST,
      'Connection: Upgrade',
      'Upgrade: h2c',
      'HTTP2-Settings: AAAA',
    ];
    expect((await sendRaw(app.url, rawRequest(lines))).statuses).toEqual([200]);
  });

  it('a tunnel gets none', async () => {
    const answer = await sendRaw(
      app.url,
      rawRequest(['CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example:443'], HIDDEN),
    );
    expect(answer.closed).toBe(true);
    expect(answer.text).not.toContain('200');
  });

  it('headers of more than 16 KiB is 431, and closed', async () => {
    const answer = await sendRaw(
      app.url,
      rawRequest(['GET /api/server/about HTTP/1.1', HOST, `X-A: ${'a'.repeat(17_000)}`]),
    );
    expect(answer.statuses).toEqual([431]);
    expect(answer.closed).toBe(true);
  });

  it('an address of more than 16 KiB is 431, and closed', async () => {
    const answer = await sendRaw(app.url, rawRequest([`GET /${'a'.repeat(17_000)} HTTP/1.1`, HOST]));
    expect(answer.statuses).toEqual([431]);
    expect(answer.closed).toBe(true);
  });

  it('hundreds of headers loses none of them', async () => {
    const many = Array.from({ length: 900 }, (_, i) => `X-${i}: a`);
    const lines = [POST, HOST, JSON_TYPE, ...many, 'Content-Length: 4', 'Authorization: Token bad'];
    expect((await sendRaw(app.url, rawRequest(lines, `null${HIDDEN}`))).statuses).toEqual([401, 200]);
    const answer = await sendRaw(app.url, rawRequest(lines.slice(0, -1), `null${HIDDEN}`));
    expect(answer.statuses).toEqual([400, 200]);
    expect(answer.text).toContain('No data provided');
  });

  it('two requests in one packet are answered in their order', async () => {
    const nowhere = rawRequest(['GET /nowhere HTTP/1.1', HOST]);
    expect((await sendRaw(app.url, nowhere + HIDDEN + nowhere)).statuses).toEqual([404, 200, 404]);
  });
});

describe('an address in absolute form', () => {
  it('does not make a foreign host ours', async () => {
    const answer = await sendRaw(
      app.url,
      rawRequest(['GET http://evil.example/api/server/about HTTP/1.1', 'Host: evil.example']),
    );
    expect(answer.statuses).toEqual([400]);
  });

  it('never shows in a link', async () => {
    const answer = await sendRaw(
      app.url,
      rawRequest(['GET http://evil.example/api/server/about HTTP/1.1', HOST]),
    );
    expect(answer.text).not.toContain('evil.example');
  });
});

describe('a header that a proxy would not have passed on', () => {
  it('is not read from its twin with underscores', async () => {
    const lines = [
      'GET /api/server/about HTTP/1.1',
      HOST,
      'X_Forwarded_Host: evil.example',
      'X_Forwarded_Proto: https',
    ];
    const { text } = await sendRaw(app.url, rawRequest(lines));
    expect(text).toContain('"http://localhost/static/logo.svg"');
  });
});
