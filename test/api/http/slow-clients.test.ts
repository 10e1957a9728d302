import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';

/** Clients that hold connections without asking for anything: they are let go, and others are served meanwhile. */

const CROWD = 40;
const HEAD = 'POST /api/auth/login HTTP/1.1\r\nHost: localhost\r\n';

const app = useTestApp({ timeouts: { head: 500, request: 1000, idle: 500, check: 50 } });

interface Held {
  readonly socket: Socket;
  /** Everything the server wrote until it closed the connection. */
  readonly closed: Promise<string>;
}

async function hold(bytes: string): Promise<Held> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  return { socket, closed: once(socket, 'close').then(() => Buffer.concat(chunks).toString('latin1')) };
}

const crowd = (bytes: string): Promise<readonly Held[]> =>
  Promise.all(Array.from({ length: CROWD }, () => hold(bytes)));

/** @returns the first lines of what they were answered */
const farewells = async (held: readonly Held[]): Promise<Set<string>> =>
  new Set((await Promise.all(held.map(({ closed }) => closed))).map((text) => text.split('\r\n')[0] ?? ''));

describe('a crowd of connections', () => {
  it('that never finish their headers, though they send some all the time, is closed with 408', async () => {
    const held = await crowd(HEAD);
    const drip = setInterval(() => {
      for (const { socket } of held) if (socket.writable) socket.write('X-A: b\r\n');
    }, 50);
    expect((await app.send('/api/server/about')).status).toBe(200);
    expect(await farewells(held)).toEqual(new Set(['HTTP/1.1 408 Request Timeout']));
    clearInterval(drip);
  });

  it('that never finish their bodies is closed, and nothing in the log is unexpected', async () => {
    const held = await crowd(
      `${HEAD}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"username"`,
    );
    expect((await app.send('/api/server/about')).status).toBe(200);
    expect([...(await farewells(held))].filter((line) => !/^$|^HTTP\/1\.1 4/.test(line))).toEqual([]);
    expect(app.logs.filter((line) => line.includes('unexpectedly'))).toEqual([]);
  });

  it('that asked once and then idle is closed', async () => {
    const held = await crowd('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await farewells(held)).toEqual(new Set(['HTTP/1.1 200 OK']));
  });

  it('that says nothing at all is closed', async () => {
    const held = await crowd('');
    expect((await app.send('/api/server/about')).status).toBe(200);
    await farewells(held);
  });

  it('that is gone in the middle of a request leaves nothing behind', async () => {
    const held = await crowd(`${HEAD}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"us`);
    for (const { socket } of held) socket.destroy();
    await farewells(held);
    expect((await app.send('/api/server/about')).status).toBe(200);
    expect(app.logs.filter((line) => line.includes('unexpectedly'))).toEqual([]);
  });
});
