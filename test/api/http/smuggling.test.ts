import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';
import { AMBIGUOUS, EMPTY_CHUNKS, HIDDEN, HOST, JSON_TYPE, POST } from '../../support/smuggling.js';

/** Requests whose end two parsers could see at two places: refused, and nothing behind them is ever read as a request. */

const app = useTestApp();

describe('a request with', () => {
  it.each(AMBIGUOUS)('%s gets one 400 and a closed connection', async (_what, bytes) => {
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
    expect(answer.text).toContain('Must include either');
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
