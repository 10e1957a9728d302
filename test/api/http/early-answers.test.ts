import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';

/** Answers that need not know the body: nobody's tens of megabytes are read for them. */

const MEGABYTE = 1024 * 1024;
/** What the server reads, and what both ends of a connection hold in buffers of the system. */
const ENOUGH = 12 * MEGABYTE;

let person: TestAccount;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
});

const HOST = 'Host: localhost';
const JSON_TYPE = 'Content-Type: application/json';
const LARGE = `Content-Length: ${50 * MEGABYTE}`;
const CHUNKED = 'Transfer-Encoding: chunked';

async function open(): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends a head and then a body for as long as the server takes it. */
async function flood(lines: readonly string[], chunk: Buffer) {
  const socket = await open();
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  socket.write(rawRequest(lines));
  while (!socket.destroyed && socket.writable && socket.bytesWritten < 50 * MEGABYTE) {
    if (!socket.write(chunk))
      await Promise.race([new Promise((go) => void socket.once('drain', go)), closed]);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  const taken = socket.bytesWritten - socket.writableLength;
  socket.destroy();
  await closed;
  return { text, taken };
}

const PLAIN = Buffer.alloc(65_536, 'x');
const IN_CHUNKS = Buffer.from(`10000\r\n${'x'.repeat(65_536)}\r\n`);

describe('a body of 50 megabytes', () => {
  const CASES: readonly (readonly [status: number, request: string, headers: readonly string[]])[] = [
    [404, 'POST /nowhere', []],
    [401, 'POST /api/auth/password/change', []],
    [401, 'PATCH /api/users/1', ['Authorization: Token bad']],
    [413, 'POST /api/auth/login', []],
    [405, 'PATCH /api/auth/login', []],
    [400, 'POST /api/auth/login', ['X-Forwarded-Host: evil.example']],
    [400, 'POST /api/auth/login', ['Authorization: a', 'Authorization: b']],
    [200, 'OPTIONS /api/users', ['Access-Control-Request-Method: POST']],
    [301, 'POST /api/server/health', []],
    [200, 'GET /api/server/about', []],
    [200, 'GET /livez', []],
    [403, 'POST /api/server/health/', []],
  ];

  it.each(CASES)('is answered %i without being read: %s', async (status, request, headers) => {
    for (const [framing, chunk] of [
      [LARGE, PLAIN],
      [CHUNKED, IN_CHUNKS],
    ] as const) {
      const lines = [`${request} HTTP/1.1`, HOST, JSON_TYPE, framing, ...headers];
      const { text, taken } = await flood(lines, chunk);
      expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(text).toMatch(/\r\nConnection: close\r\n/i);
      expect(taken).toBeLessThan(ENOUGH);
    }
  });

  it('lets a client that stops for the answer have all of it, and then ends', async () => {
    const socket = await open();
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    const ended = once(socket, 'end');
    socket.write(rawRequest(['POST /nowhere HTTP/1.1', HOST, LARGE], 'x'.repeat(100_000)));
    await ended;
    expect(text).toMatch(/^HTTP\/1\.1 404 Not Found\r\n[\s\S]*<\/html>\n$/);
    socket.destroy();
  });

  it('does not keep its connection, though the client sends nothing more', async () => {
    const socket = await open();
    socket.resume();
    socket.write(rawRequest(['POST /nowhere HTTP/1.1', HOST, LARGE], 'x'));
    const started = performance.now();
    await once(socket, 'close');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is followed by nothing that is read as a request', async () => {
    const size = 100_000;
    const logout = rawRequest([
      'POST /api/auth/logout HTTP/1.1',
      HOST,
      `Authorization: Token ${person.token}`,
      'Content-Length: 0',
    ]);
    const lines = ['POST /nowhere HTTP/1.1', HOST, `Content-Length: ${size}`];
    const answer = await sendRaw(app.url, rawRequest(lines, 'x'.repeat(size) + logout));
    expect(answer.statuses).toEqual([404]);
    expect((await app.send('/api/users/self', { headers: person.authorization })).status).toBe(200);
  });
});

describe('a small body that nobody reads', () => {
  const NEXT = rawRequest(['GET /api/server/about HTTP/1.1', HOST]);

  it.each([
    ['with its length', 'Content-Length: 1000', 'x'.repeat(1000)],
    ['in chunks', CHUNKED, '4\r\nabcd\r\n0\r\n\r\n'],
    ['of 60 KiB', 'Content-Length: 61440', 'x'.repeat(61_440)],
  ])('leaves the connection to the next request: %s', async (_what, framing, body) => {
    for (const path of ['/nowhere', '/api/auth/password/change']) {
      const lines = [`POST ${path} HTTP/1.1`, HOST, JSON_TYPE, framing];
      const answer = await sendRaw(app.url, rawRequest(lines, body + NEXT));
      expect(answer.statuses).toEqual([path === '/nowhere' ? 404 : 401, 200]);
      expect(answer.closed).toBe(false);
    }
  });
});

describe('a client that waits for 100 Continue', () => {
  const head = (request: string, more: readonly string[] = []) =>
    rawRequest([`${request} HTTP/1.1`, HOST, JSON_TYPE, 'Expect: 100-continue', ...more]);

  it.each([
    [404, 'POST /nowhere'],
    [401, 'POST /api/auth/password/change'],
    [405, 'PATCH /api/auth/login'],
  ])('is answered %i at once where nobody wants its body: %s', async (status, request) => {
    const answer = await sendRaw(app.url, head(request, [LARGE]));
    expect(answer.statuses).toEqual([status]);
    expect(answer.closed).toBe(true);
  });

  it('is not told to go on with a body that is too large', async () => {
    const answer = await sendRaw(app.url, head('POST /api/auth/login', [LARGE]));
    expect(answer.statuses).toEqual([413]);
  });

  it('is told to go on when its body is wanted', async () => {
    const socket = await open();
    const body = JSON.stringify({ username: person.username, password: person.password });
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    socket.write(head('POST /api/auth/login', [`Content-Length: ${body.length}`]));
    await expect.poll(() => text).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    await expect.poll(() => text).toMatch(/Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    socket.destroy();
  });

  it('is served like others when it expects something else', async () => {
    const lines = ['GET /api/server/about HTTP/1.1', HOST, 'Expect: the-unexpected'];
    expect((await sendRaw(app.url, rawRequest(lines))).statuses).toEqual([200]);
  });
});
