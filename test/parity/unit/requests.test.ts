import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Step } from '../grammar.js';
import { type Connections, connectTo } from '../requests.js';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let seen: Seen[] = [];
let answer: { readonly cookies: readonly string[]; readonly body: string | Buffer } = {
  cookies: [],
  body: '',
};
const server = createServer(async (req, res) => {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const pairs = req.rawHeaders.flatMap((name, at) =>
    at % 2 === 0 ? [[name, req.rawHeaders[at + 1] ?? '']] : [],
  );
  seen.push({
    method: req.method,
    url: req.url,
    headers: Object.fromEntries(pairs) as Record<string, string>,
    body: Buffer.concat(chunks).toString('latin1'),
  });
  res.setHeader('Set-Cookie', [...answer.cookies]);
  res.end(answer.body);
});
let connections: Connections;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  connections = connectTo(`http://localhost:${(server.address() as AddressInfo).port}`);
});
beforeEach(() => {
  seen = [];
  answer = { cookies: [], body: '' };
});
afterAll(() => {
  connections.close();
  server.close();
});

const step = (more: Partial<Step>): Step => ({
  method: 'GET',
  path: '/',
  expect: { status: 200, headers: {}, body: '' },
  ...more,
});

describe('a step', () => {
  test('is sent with its path and bytes as they are', async () => {
    const { send } = connections.caller();
    await send(
      step({
        path: '/a%2Fb/../c?x=%00',
        headers: [
          ['X-A', { latin1: 'ÿþ' }],
          ['X-B', 'ü'],
        ],
      }),
    );
    expect(seen[0]?.url).toBe('/a%2Fb/../c?x=%00');
    expect(seen[0]?.headers).toMatchObject({ 'X-A': 'ÿþ', 'X-B': Buffer.from('ü').toString('latin1') });
  });

  test('has the host that was asked, unless it names one', async () => {
    const { send } = connections.caller();
    await send(step({}));
    await send(step({ headers: [['Host', 'evil.example']] }));
    expect(seen.map(({ headers }) => headers['Host'])).toEqual([connections.host, 'evil.example']);
  });

  test('declares JSON when it has a body, unless it says something else or nothing', async () => {
    const { send } = connections.caller();
    const body = { text: '{}' };
    await send(step({ method: 'POST', body }));
    await send(step({ method: 'POST', body, headers: [['content-type', 'text/plain']] }));
    await send(step({ method: 'POST', body, noContentType: true }));
    expect(seen.map(({ headers }) => headers['Content-Type'] ?? headers['content-type'])).toEqual([
      'application/json',
      'text/plain',
      undefined,
    ]);
  });

  test('declares no bytes when it is a write without a body, and sends those of base64', async () => {
    const { send } = connections.caller();
    await send(step({ method: 'DELETE' }));
    await send(step({ method: 'GET' }));
    await send(step({ method: 'POST', body: { base64: '/w==' } }));
    expect(seen.map(({ headers }) => headers['Content-Length'])).toEqual(['0', undefined, '1']);
    expect(seen[2]?.body).toBe('ÿ');
  });

  test('sends the cookies of its jar, keeps what is set, and forgets what is deleted', async () => {
    const { send } = connections.caller();
    answer = { cookies: ['csrftoken=c; Path=/', 'sessionid=s; Path=/'], body: '' };
    await send(step({ jar: 'a' }));
    answer = { cookies: ['sessionid=""; Max-Age=0'], body: '' };
    await send(step({ jar: 'a', csrf: true }));
    await send(step({ jar: 'a' }));
    await send(step({ jar: 'b' }));
    expect(seen.map(({ headers }) => [headers['Cookie'], headers['X-CSRFToken']])).toEqual([
      [undefined, undefined],
      ['csrftoken=c; sessionid=s', 'c'],
      ['csrftoken=c', undefined],
      [undefined, undefined],
    ]);
  });

  test('fills in what an earlier step captured, and the host', async () => {
    const { send, captured } = connections.caller();
    answer = { cookies: [], body: '{"results":[{"id":7}]}' };
    await send(step({ capture: { oid: ['results', 0, 'id'] } }));
    await send(
      step({ path: '/o/{{oid}}', headers: [['Origin', 'http://{{HOST}}']], body: { text: '{{oid}}' } }),
    );
    expect(captured.get('oid')).toBe('7');
    expect(seen[1]).toMatchObject({
      url: '/o/7',
      body: '7',
      headers: { Origin: `http://${connections.host}` },
    });
  });

  test('tells a body that is no text', async () => {
    answer = { cookies: [], body: Buffer.from([0xff, 0x00]) };
    expect((await connections.caller().send(step({}))).body).toBe('<bin>');
  });
});
