import type { ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { allow, filter } from '../../../src/authorization/engines/answers.js';
import type { PolicyEngine, PolicyQuestion } from '../../../src/authorization/engines/engine.js';
import { createOpaHttpEngine, type OpaHttpOptions } from '../../../src/authorization/engines/opa-http.js';
import { answering, type Seen, startOpaStub, urlOf } from '../../support/opa-stub.js';

const QUESTION: PolicyQuestion = {
  package: 'users',
  rule: 'allow',
  input: { scope: 'list', auth: { user: { id: 7, privilege: 'user' }, organization: null }, resource: null },
};

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function startStub(answer: (request: Seen, response: ServerResponse) => void) {
  const stub = await startOpaStub(answer);
  closers.push(stub.close);
  return stub;
}

function createEngine(url: string, options: Partial<OpaHttpOptions> = {}): PolicyEngine {
  const engine = createOpaHttpEngine({
    url,
    timeoutMs: 300,
    isOurs: (revision) => revision === 'abc',
    ...options,
  });
  closers.push(engine.close);
  return engine;
}

const unavailable = (code: string) =>
  expect.objectContaining({
    status: 503,
    code,
    headers: expect.objectContaining({ 'Retry-After': expect.stringMatching(/^\d+$/) }),
    body: { detail: expect.stringContaining('OPA'), code },
  });

describe('a question to OPA', () => {
  it("is posted to CVAT's address in CVAT's document, key for key", async () => {
    const stub = await startStub(answering('{"result":true}'));
    const input = {
      resource: { id: 500, owner: { id: 8 }, user: { role: null } },
      auth: {
        organization: {
          user: { role: 'maintainer' as const },
          slug: 'not sent',
          owner: { id: null },
          id: 30,
        },
        user: { privilege: 'user' as const, id: 7, email: 'not@sent' },
      },
      scope: 'view',
    };
    expect(await createEngine(stub.url).ask([{ package: 'organizations', rule: 'allow', input }])).toEqual([
      true,
    ]);
    expect(stub.seen).toEqual([
      {
        method: 'POST',
        url: '/v1/data/organizations/allow',
        body:
          '{"input":{"scope":"view","auth":{"user":{"id":7,"privilege":"user"},"organization":' +
          '{"id":30,"owner":{"id":null},"user":{"role":"maintainer"}}},' +
          '"resource":{"id":500,"owner":{"id":8},"user":{"role":null}}}}',
      },
    ]);
  });

  it('tells nobody but a plugin about the token', async () => {
    const stub = await startStub(answering('{"result":[true,true]}'));
    const auth = { ...QUESTION.input.auth, token: { id: 500, read_only: true } };
    const question = { ...QUESTION, input: { ...QUESTION.input, auth } };
    await createEngine(stub.url).ask([question, { ...question, rule: 'plugin_allow' }]);
    const user = '"auth":{"user":{"id":7,"privilege":"user"},"organization":null';
    const token = '"token":{"id":500,"read_only":true}';
    expect(stub.seen[0]?.url).toBe('/v1/data/decisions/answers');
    expect(stub.seen[0]?.body).toBe(
      '{"input":{"questions":[' +
        `{"package":"users","rule":"allow","input":{"scope":"list",${user}},"resource":null}},` +
        `{"package":"users","rule":"plugin_allow","input":{"scope":"list",${user},${token}},"resource":null}}]}}`,
    );
  });

  it('keeps the path of the address, and needs no request when there is nothing to ask', async () => {
    const stub = await startStub(answering('{"result":{"id":7}}'));
    const engine = createEngine(`${stub.url}/opa/`);
    expect(await engine.ask([])).toEqual([]);
    expect(await filter(engine, QUESTION)).toEqual({ id: 7 });
    expect(stub.seen.map(({ url }) => url)).toEqual(['/opa/v1/data/users/filter']);
  });

  it('keeps its connection, and opens no more than it may', async () => {
    const stub = await startStub((_request, response) => {
      setTimeout(() => response.end('{"result":true}'), 5);
    });
    const options = { connections: 2, timeoutMs: 5000, sharesPlugins: false };
    const engine = createEngine(stub.url, options);
    const question = { ...QUESTION, rule: 'plugin_allow' } as const;
    await Promise.all(Array.from({ length: 20 }, () => engine.ask([question])));
    await engine.ask([question]);
    expect(stub.seen).toHaveLength(21);
    expect(stub.sockets.size).toBe(2);
  });

  it('takes an answer that comes in pieces, with other keys beside it', async () => {
    const stub = await startStub((_request, response) => {
      response.write('{"decision_id":"1","resu');
      setTimeout(() => response.end('lt":{"allow":true,"reasons":["é"]}}\n'), 10);
    });
    expect(await allow(createEngine(stub.url), QUESTION)).toBe(true);
  });
});

describe('an answer of OPA that is no decision', () => {
  it.each([
    ['null', '{"result":null}'],
    ['the text "true"', '{"result":"true"}'],
    ['a number', '{"result":1}'],
    ['{allow: "true"}', '{"result":{"allow":"true"}}'],
    ['an object with more in it', '{"result":{"allow":true,"deny":true}}'],
    ['an empty body', ''],
    ['HTML', '<!doctype html><title>Sign in</title>'],
    ['half an answer', '{"result":tr'],
    ['a bare true', 'true'],
    ['a list', '[{"result":true}]'],
  ])('permits nothing: %s', async (_name, body) => {
    const stub = await startStub(answering(body));
    await expect(allow(createEngine(stub.url), QUESTION)).rejects.toEqual(unavailable('opa_bad_answer'));
  });

  it.each([201, 204, 301, 302, 307, 400, 401, 404])(
    'permits nothing with status %i, and follows no redirect',
    async (status) => {
      const elsewhere = await startStub(answering('{"result":true}'));
      const stub = await startStub((_request, response) => {
        response
          .writeHead(status, { Location: `${elsewhere.url}/v1/data/users/allow` })
          .end('{"result":true}');
      });
      await expect(allow(createEngine(stub.url), QUESTION)).rejects.toEqual(unavailable('opa_bad_answer'));
      expect(elsewhere.seen).toEqual([]);
    },
  );

  it.each([
    ['announced', true],
    ['unannounced', false],
  ])('permits nothing when it is too long, %s', async (_name, announced) => {
    const body = `{"result":true,"padding":"${'x'.repeat(5000)}"}`;
    const stub = await startStub((_request, response) => {
      if (announced) response.setHeader('Content-Length', body.length);
      response.write(body.slice(0, 10));
      response.end(body.slice(10));
    });
    const engine = createEngine(stub.url, { maxResponseBytes: 1000 });
    await expect(allow(engine, QUESTION)).rejects.toEqual(unavailable('opa_bad_answer'));
  });

  it('permits nothing when it does not answer each of several questions', async () => {
    const stub = await startStub(answering('{"result":[true]}'));
    await expect(createEngine(stub.url).ask([QUESTION, QUESTION])).rejects.toEqual(
      unavailable('opa_bad_answer'),
    );
  });

  it('is not asked for when a resource cannot be written as JSON', async () => {
    const stub = await startStub(answering('{"result":true}'));
    let role: unknown = 'worker';
    for (let depth = 0; depth < 50_000; depth++) role = [role];
    const question = { ...QUESTION, input: { ...QUESTION.input, resource: { role } } };
    await expect(allow(createEngine(stub.url), question)).rejects.toEqual(unavailable('opa_bad_answer'));
    expect(stub.seen).toEqual([]);
  });
});

describe('an undefined answer of OPA', () => {
  const stubOf = (health: number) =>
    startStub(({ url }, response) => {
      if (url === '/health?bundles') response.writeHead(health).end('{}');
      else response.end('{}');
    });

  it('means that the bundle is not loaded, when OPA says so', async () => {
    const stub = await stubOf(500);
    await expect(allow(createEngine(stub.url), QUESTION)).rejects.toEqual(unavailable('opa_no_bundle'));
  });

  it('means that there is no such rule, when OPA has its bundle', async () => {
    const stub = await stubOf(200);
    await expect(allow(createEngine(stub.url), QUESTION)).rejects.toEqual(unavailable('opa_undefined'));
    await expect(createEngine(stub.url).ask([QUESTION, QUESTION])).rejects.toEqual(
      unavailable('opa_undefined'),
    );
  });
});

describe('an OPA that cannot be reached', () => {
  /** A server that speaks no HTTP. */
  async function startRaw(onConnection: (socket: Socket) => void) {
    const server = createTcpServer(onConnection);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    return urlOf(server);
  }

  it('permits nothing when nobody listens', async () => {
    const url = await startRaw(() => undefined);
    await closers.pop()?.();
    await expect(allow(createEngine(url), QUESTION)).rejects.toEqual(unavailable('opa_unreachable'));
  });

  it('permits nothing when its name is unknown', async () => {
    const engine = createEngine('http://opa.invalid:8181', { timeoutMs: 5000 });
    await expect(allow(engine, QUESTION)).rejects.toEqual(unavailable('opa_unreachable'));
  });

  it.each([500, 502, 503])('permits nothing with status %i', async (status) => {
    const stub = await startStub(answering('{"result":true}', status));
    await expect(allow(createEngine(stub.url), QUESTION)).rejects.toEqual(unavailable('opa_unreachable'));
  });

  it('permits nothing when the connection is reset, before or amid the answer', async () => {
    const before = await startRaw((socket) => socket.once('data', () => socket.resetAndDestroy()));
    await expect(allow(createEngine(before), QUESTION)).rejects.toEqual(unavailable('opa_unreachable'));
    const amid = await startRaw((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"result":tru')),
    );
    await expect(allow(createEngine(amid), QUESTION)).rejects.toEqual(unavailable('opa_unreachable'));
  });

  it('permits nothing when it does not speak HTTP', async () => {
    const url = await startRaw((socket) => socket.once('data', () => socket.end('+OK\r\n')));
    await expect(allow(createEngine(url), QUESTION)).rejects.toEqual(unavailable('opa_bad_answer'));
  });

  it.each([
    ['is silent', () => undefined],
    ['drips', (response: ServerResponse) => void drip(response)],
  ])('permits nothing after the time limit when it %s', async (_name, behave) => {
    const stub = await startStub((_request, response) => behave(response));
    const start = performance.now();
    await expect(allow(createEngine(stub.url), QUESTION)).rejects.toEqual(unavailable('opa_unreachable'));
    // Dripping to the end takes seven seconds.
    expect(performance.now() - start).toBeLessThan(5000);
  });

  async function drip(response: ServerResponse) {
    for (const character of '{"result":true}'.repeat(10)) {
      if (response.destroyed) return;
      response.write(character);
      await sleep(50);
    }
  }

  it('keeps the time limit for questions that wait for a connection', async () => {
    const stub = await startStub(() => undefined);
    const engine = createEngine(stub.url, { connections: 1 });
    const start = performance.now();
    const answers = await Promise.allSettled(Array.from({ length: 30 }, () => allow(engine, QUESTION)));
    // One after the other they would take nine seconds.
    expect(performance.now() - start).toBeLessThan(6000);
    expect(answers.every((answer) => answer.status === 'rejected')).toBe(true);
  });

  it('is asked again by the next question, and answers it once it is back', async () => {
    let isBroken = true;
    const stub = await startStub((_request, response) => {
      if (isBroken) response.socket?.destroy();
      else response.end('{"result":true}');
    });
    const engine = createEngine(stub.url);
    await expect(allow(engine, QUESTION)).rejects.toEqual(unavailable('opa_unreachable'));
    isBroken = false;
    expect(await allow(engine, QUESTION)).toBe(true);
    for (const socket of stub.sockets) socket.destroy();
    await sleep(20);
    expect(await allow(engine, QUESTION)).toBe(true);
  });
});

describe('readiness', () => {
  it.each([
    ['{"result":"abc"}', 200, { ready: true, revision: 'abc' }],
    [
      '{"result":"xyz"}',
      200,
      { ready: false, problem: 'opa_other_bundle', detail: expect.stringContaining('OPA') },
    ],
    ['{}', 500, { ready: false, problem: 'opa_no_bundle', detail: expect.stringContaining('OPA') }],
    ['{}', 200, { ready: false, problem: 'opa_undefined', detail: expect.stringContaining('OPA') }],
    ['nonsense', 200, { ready: false, problem: 'opa_bad_answer', detail: expect.stringContaining('OPA') }],
  ])('reads %s with health %i', async (body, health, expected) => {
    const stub = await startStub(({ url }, response) => {
      if (url === '/health?bundles') response.writeHead(health);
      response.end(body);
    });
    expect(await createEngine(stub.url).ready()).toMatchObject(expected);
    expect(stub.seen[0]).toEqual({ method: 'GET', url: '/v1/data/bundle_revision/revision', body: '' });
  });

  it('is missing when OPA is down', async () => {
    const engine = createEngine('http://127.0.0.1:1');
    expect(await engine.ready()).toMatchObject({
      ready: false,
      problem: 'opa_unreachable',
      detail: expect.stringContaining('OPA'),
    });
  });
});
