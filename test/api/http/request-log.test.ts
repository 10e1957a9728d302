import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { rawRequest, sendRaw } from '../../support/raw.js';

/** Every request has one line in the log, whatever becomes of its client. */

interface Line {
  readonly msg: string;
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly aborted?: boolean;
  readonly user: number | null;
}

let person: TestAccount;
const app = useTestApp({ env: { METRICS_TOKEN: 'a-token-for-the-metrics' } });
beforeAll(async () => {
  person = await app.register();
});

const HOST = 'Host: localhost';
const JSON_TYPE = 'Content-Type: application/json';
const linesOf = (path: string, of = app): readonly Line[] =>
  of.logs
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => line.msg === 'request' && line.path === path);
const token = () => `Authorization: Token ${person.token}`;

let paths = 0;
/** An address that no other test asks for. */
const fresh = (): string => {
  paths += 1;
  return `/nowhere/${paths}`;
};

/** The server says so once it has the head of the request. */
const CONTINUE = 'Expect: 100-continue';

async function write(bytes: string, of = app): Promise<Socket> {
  const socket = connect(Number(new URL(of.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(Buffer.from(bytes, 'latin1'));
  return socket;
}

/** Waits for the line of a request, and a while for a second one. */
async function onlyLineOf(path: string, of = app): Promise<Line> {
  await expect.poll(() => linesOf(path, of).length, { timeout: 10_000 }).toBe(1);
  await delay(100);
  const [line, ...more] = linesOf(path, of);
  expect(more).toEqual([]);
  return line as Line;
}

async function createOrganization(slug: string): Promise<string> {
  const created = await app.send('/api/organizations', {
    method: 'POST',
    headers: person.authorization,
    body: { slug },
  });
  return `/api/organizations/${(created.json() as { id: number }).id}`;
}

const remove = (path: string): string => rawRequest([`DELETE ${path} HTTP/1.1`, HOST, token()]);

describe('a request that is answered', () => {
  it.each([
    ['GET', 404],
    ['HEAD', 404],
    ['POST', 404],
  ])('has one line: %s', async (method, status) => {
    const path = fresh();
    await app.send(path, { method });
    const line = await onlyLineOf(path);
    expect(line).toMatchObject({ method, status, user: null });
    expect(line).not.toHaveProperty('aborted');
  });

  it('has one line for a preflight, a redirect, a refusal of its head, and an early end', async () => {
    const [preflight, twins, unread] = [fresh(), fresh(), fresh()];
    await app.send(preflight, { method: 'OPTIONS', headers: { 'Access-Control-Request-Method': 'POST' } });
    await sendRaw(app.url, rawRequest([`GET ${twins} HTTP/1.1`, HOST, 'Origin: a', 'Origin: b']));
    const large = [`POST ${unread} HTTP/1.1`, HOST, 'Content-Length: 1000000'];
    await sendRaw(app.url, rawRequest(large, 'x'.repeat(1000)));
    await app.send('/api/server/health');
    for (const [path, status] of [
      [preflight, 200],
      [twins, 400],
      [unread, 404],
      ['/api/server/health', 301],
    ] as const) {
      const line = await onlyLineOf(path);
      expect(line).toMatchObject({ path, status });
      expect(line).not.toHaveProperty('aborted');
    }
  });

  it('has one line for 304', async () => {
    const { headers } = await app.send('/static/logo.svg');
    await app.send('/static/logo.svg', { headers: { 'If-None-Match': String(headers.etag) } });
    await expect.poll(() => linesOf('/static/logo.svg').map(({ status }) => status)).toEqual([200, 304]);
  });
});

describe('a request whose client hangs up', () => {
  it('while it is executed has one line, with its user and what it would have been answered', async () => {
    for (const slug of ['gone-1', 'gone-2', 'gone-3']) {
      const path = await createOrganization(slug);
      const socket = await write(remove(path));
      setImmediate(() => socket.resetAndDestroy());
      expect(await onlyLineOf(path)).toMatchObject({
        method: 'DELETE',
        status: 204,
        aborted: true,
        user: person.id,
      });
      expect((await app.send(path, { headers: person.authorization })).status).toBe(404);
    }
  });

  it('by a FIN is one like others', async () => {
    const path = await createOrganization('fin');
    const socket = await write('');
    socket.end(remove(path));
    expect(await onlyLineOf(path)).toMatchObject({ method: 'DELETE', status: 204, user: person.id });
  });

  it('before the end of its body has one line', async () => {
    const path = `/api/organizations/${2_000_000_000}`;
    const head = [`PATCH ${path} HTTP/1.1`, HOST, token(), JSON_TYPE, 'Content-Length: 100', CONTINUE];
    const socket = await write(rawRequest(head, '{"name"'));
    await once(socket, 'data');
    socket.destroy();
    expect(await onlyLineOf(path)).toMatchObject({ method: 'PATCH', user: person.id });
    const login = await write(
      rawRequest(['POST /api/auth/login HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 100', CONTINUE], '{"us'),
    );
    await once(login, 'data');
    login.destroy();
    expect(await onlyLineOf('/api/auth/login')).toMatchObject({ status: 400, aborted: true });
  });

  it.each([
    ['during its answer', (socket: Socket) => once(socket, 'readable')],
    ['before the file it asked for is open', () => turn()],
  ])('%s has one line', async (_when, moment) => {
    const bundle = '/api/docs/swagger-ui-bundle.js';
    const before = linesOf(bundle).length;
    const socket = await write(rawRequest([`GET ${bundle} HTTP/1.1`, HOST]).repeat(20));
    await moment(socket);
    socket.resetAndDestroy();
    await expect.poll(() => linesOf(bundle).length - before, { timeout: 10_000 }).toBe(20);
    const lines = linesOf(bundle).slice(before);
    expect(lines.every(({ status }) => status === 200 || status === null)).toBe(true);
    expect(lines.some(({ aborted }) => aborted === true)).toBe(true);
  });

  it('behind another one in the same packet has one line', async () => {
    const [first, second] = [await createOrganization('row-1'), await createOrganization('row-2')];
    const socket = await write(remove(first) + remove(second));
    setImmediate(() => socket.resetAndDestroy());
    for (const path of [first, second])
      expect(await onlyLineOf(path)).toMatchObject({ method: 'DELETE', status: 204, user: person.id });
  });

  it('is counted by the metrics as aborted', async () => {
    const { text } = await app.send('/metrics', {
      headers: { Authorization: 'Bearer a-token-for-the-metrics' },
    });
    expect(text).toMatch(
      /^http_requests_total\{method="DELETE",route="\/api\/organizations\/:id",status="aborted"\} [1-9]/m,
    );
  });
});

describe('a request in flight when the server closes', () => {
  it('has one line though nobody is there to answer', async () => {
    const closing = await createTestApp();
    const head = ['POST /api/auth/login HTTP/1.1', HOST, JSON_TYPE, 'Content-Length: 100', CONTINUE];
    await once(await write(rawRequest(head, '{'), closing), 'data');
    await closing.close();
    expect(await onlyLineOf('/api/auth/login', closing)).toMatchObject({ method: 'POST', aborted: true });
  });
});
