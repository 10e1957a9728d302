import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../../support/app.js';

/** Something that calls itself Open Policy Agent and answers as it likes: nothing but a clear yes lets anybody in. */

let opa: Server;
let answer: RequestListener;
const seen: { path: string; document: unknown }[] = [];

let app: TestApp;
let person: TestAccount;

beforeAll(async () => {
  opa = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      if (body !== '') seen.push({ path: req.url ?? '', document: JSON.parse(body) });
      answer(req, res);
    });
  }).listen(0, '127.0.0.1');
  await once(opa, 'listening');
  const { port } = opa.address() as AddressInfo;
  app = await createTestApp({ env: { OPA_URL: `http://127.0.0.1:${port}`, OPA_TIMEOUT_MS: '500' } });
  answer = saying('{"result":true}');
  person = await app.register();
});
afterAll(async () => {
  await app.close();
  opa.closeAllConnections();
  opa.close();
});

const saying =
  (
    text: string,
    status = 200,
    headers: Readonly<Record<string, string>> = { 'Content-Type': 'application/json' },
  ): RequestListener =>
  (_req, res) =>
    res.writeHead(status, headers).end(text);
const plugins = () => app.send('/api/server/plugins', { headers: person.authorization });

describe('a yes', () => {
  it.each([
    '{"result":true}',
    '{"result":{"allow":true}}',
    '{"result":{"allow":true,"reasons":["because"]}}',
    '{"decision_id":"1","result":true}',
  ])('is %s', async (text) => {
    answer = saying(text);
    expect((await plugins()).status).toBe(200);
  });
});

describe('a no', () => {
  it.each([
    '{"result":false}',
    '{"result":{"allow":false}}',
    '{"result":{"allow":false,"reasons":["you, of all people"]}}',
  ])('is %s, and its reasons stay here', async (text) => {
    answer = saying(text);
    const refused = await plugins();
    expect(refused.status).toBe(403);
    expect(refused.json()).toEqual({ detail: 'You do not have permission to perform this action.' });
  });
});

describe('no decision', () => {
  it.each([
    ['a text', '{"result":"true"}'],
    ['a number', '{"result":1}'],
    ['nothing at all', '{"result":null}'],
    ['a list', '{"result":[true]}'],
    ['an object without an answer', '{"result":{}}'],
    ['an object with a text for an answer', '{"result":{"allow":"true"}}'],
    ['an object with a number for an answer', '{"result":{"allow":1}}'],
    ['an object with more than an answer', '{"result":{"allow":true,"deny":true}}'],
    ['reasons that are no list', '{"result":{"allow":true,"reasons":"all"}}'],
    ['JSON that is no object', 'true'],
    ['a list of results', '[{"result":true}]'],
    ['no JSON', '{"result":true'],
    ['a page', '<html>true</html>'],
    ['an empty body', ''],
  ])('is %s: 503, never a yes', async (_what, text) => {
    answer = saying(text);
    const refused = await plugins();
    expect(refused.status).toBe(503);
    expect(refused.json()).toEqual({ detail: expect.stringContaining('OPA'), code: 'opa_bad_answer' });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it.each([201, 204, 301, 302, 307, 400, 401, 403, 404])(
    'is status %i, whatever the body says',
    async (status) => {
      answer = saying(status === 204 ? '' : '{"result":true}', status, { Location: '/v1/data/users/allow' });
      const refused = await plugins();
      expect(refused.status).toBe(503);
      expect(refused.json()).toMatchObject({ code: 'opa_bad_answer' });
    },
  );

  it.each([500, 502, 503])('is status %i', async (status) => {
    answer = saying('{"result":true}', status);
    expect((await plugins()).json()).toMatchObject({ code: 'opa_unreachable' });
  });

  it('is an undefined rule, told apart from rules that are not there yet', async () => {
    answer = (req, res) => res.writeHead(200).end(req.url?.startsWith('/health') ? '' : '{}');
    expect((await plugins()).json()).toMatchObject({ code: 'opa_undefined' });
    answer = (req, res) => res.writeHead(req.url?.startsWith('/health') ? 500 : 200).end('{}');
    expect((await plugins()).json()).toMatchObject({ code: 'opa_no_bundle' });
  });

  it.each<readonly [what: string, listener: RequestListener]>([
    ['silence', () => undefined],
    ['a connection that breaks', (req) => req.socket.destroy()],
    [
      'an answer that breaks off',
      (req, res) =>
        void res
          .writeHead(200, { 'Content-Length': 100 })
          .write('{"result":true', () => req.socket.destroy()),
    ],
    ['an answer that drips', (_req, res) => void res.writeHead(200).write('{"res')],
  ])('is %s, and does not take longer than its time', async (_what, listener) => {
    answer = listener;
    const started = performance.now();
    const refused = await plugins();
    expect(refused.status).toBe(503);
    expect(refused.json()).toMatchObject({ code: 'opa_unreachable' });
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('is an answer without an end', async () => {
    answer = saying(`{"result":true,"x":"${'x'.repeat(1_000_000)}"}`);
    expect((await plugins()).json()).toMatchObject({ code: 'opa_bad_answer' });
  });

  it('is forgotten at once: the next question is a new one', async () => {
    answer = saying('nonsense');
    expect((await plugins()).status).toBe(503);
    answer = saying('{"result":true}');
    expect((await plugins()).status).toBe(200);
    answer = saying('{"result":false}');
    expect((await plugins()).status).toBe(403);
  });

  it('keeps nothing from working that asks for none', async () => {
    answer = (req) => req.socket.destroy();
    const { username, password } = person;
    expect((await app.send('/api/server/about')).status).toBe(200);
    expect((await app.send('/api/auth/rules')).status).toBe(200);
    expect((await app.send('/api/auth/login', { method: 'POST', body: { username, password } })).status).toBe(
      200,
    );
    expect(
      (await app.send('/api/users/self', { method: 'OPTIONS', headers: person.authorization })).status,
    ).toBe(200);
    expect((await app.send('/api/server/plugins')).status).toBe(401);
  });
});

describe('the filter among which a single object is looked for', () => {
  const organization = () => app.send('/api/organizations/1', { headers: person.authorization });

  it.each([
    ['undefined', '{}', 'opa_undefined'],
    ['nothing at all', '{"result":null}', 'opa_bad_answer'],
    ['a yes', '{"result":true}', 'opa_bad_answer'],
    ['an unknown lookup', '{"result":{"password":"x"}}', 'opa_bad_answer'],
    ['an empty list', '{"result":[]}', 'opa_bad_answer'],
  ])('is 503 when it is %s: nothing is found without one', async (_what, text, code) => {
    answer = (req, res) => res.writeHead(200).end(req.url?.startsWith('/health') ? '' : text);
    const refused = await organization();
    expect([refused.status, refused.json()]).toEqual([503, expect.objectContaining({ code })]);
  });

  it('is asked at the address of CVAT, and whether one may list is not', async () => {
    answer = saying('{"result":{"owner_id":0}}');
    seen.length = 0;
    expect((await organization()).status).toBe(404);
    expect(seen.map(({ path }) => path)).toEqual(['/v1/data/organizations/filter']);
  });
});

describe('the question', () => {
  it('is the document of CVAT 2.62, key by key', async () => {
    answer = saying('{"result":true}');
    seen.length = 0;
    await plugins();
    expect(seen.map(({ path, document }) => [path, JSON.stringify(document)])).toEqual([
      [
        '/v1/data/server/allow',
        `{"input":{"scope":"view","auth":{"user":{"id":${person.id},"privilege":"user"},"organization":null},"resource":null}}`,
      ],
    ]);
  });
});
