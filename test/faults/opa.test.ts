import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOpa as startOpaWith } from '../policy/opa.js';
import { createTestApp, type TestAccount, useTestApp } from '../support/app.js';
import { basicAuth } from '../support/http.js';
import { insertAccessToken, readUser } from '../support/rows.js';
import { freePort, type Service, startOpa } from '../support/services.js';

let opa: Service;
let port: number;
let person: TestAccount;
beforeAll(async () => {
  port = await freePort();
  opa = await startOpa(port);
});
const app = useTestApp(() => ({ env: { OPA_URL: opa.url, OPA_TIMEOUT_MS: '500' } }));
beforeAll(async () => {
  person = await app.register();
});
afterAll(async () => {
  await opa.stop();
});

const self = () => app.send('/api/users/self', { headers: person.authorization });
const ready = async () => (await app.send('/readyz')).json();

async function expectRefusal(code: string): Promise<void> {
  const answer = await self();
  expect(answer.status).toBe(503);
  expect(answer.json()).toMatchObject({
    code,
    detail: expect.stringContaining('Open Policy Agent') as string,
  });
  expect(answer.headers['retry-after']).toMatch(/^\d+$/);
}

/** What needs no decision goes on. */
async function expectPublicRoutes(): Promise<void> {
  expect((await app.send('/api/server/about')).status).toBe(200);
  expect((await app.send('/api/auth/rules')).status).toBe(200);
  const { username, password } = person;
  expect((await app.send('/api/auth/login', { method: 'POST', body: { username, password } })).status).toBe(
    200,
  );
  expect((await app.send('/livez')).status).toBe(200);
}

describe('Open Policy Agent', () => {
  it('decides while it is there, and readiness names nothing', async () => {
    expect((await self()).status).toBe(200);
    expect(await ready()).toMatchObject({ status: 'ok', policy: 'ok' });
  });

  it('stopped: refuses with opa_unreachable, serves what needs no decision, and heals when it is back', async () => {
    await opa.stop();
    await expectRefusal('opa_unreachable');
    await expectPublicRoutes();
    expect(await ready()).toMatchObject({
      status: 'not ready',
      policy: expect.stringContaining('opa_unreachable') as string,
    });
    const health = await app.send('/api/server/health/?format=json');
    expect(health.status).toBe(503);
    expect(health.json()).toMatchObject({
      OPAHealthCheck: expect.stringMatching(/^unknown error: /) as string,
    });
    opa = await startOpa(port);
    expect((await self()).status).toBe(200);
  });

  it('paused: refuses within its timeout, and heals', async () => {
    opa.pause();
    const before = performance.now();
    await expectRefusal('opa_unreachable');
    expect(performance.now() - before).toBeLessThan(5000);
    opa.resume();
    await delay(100);
    expect((await self()).status).toBe(200);
  });

  it('without its bundle: refuses with opa_no_bundle', async () => {
    await opa.stop();
    opa = await startOpa(port, { withBundle: false });
    await expectRefusal('opa_no_bundle');
    expect(await ready()).toMatchObject({ policy: expect.stringContaining('opa_no_bundle') as string });
    await opa.stop();
    opa = await startOpa(port);
    expect((await self()).status).toBe(200);
  });

  it('with half of the rules, or those of another release: refuses what they do not know, and readiness says so', async () => {
    const half = await startOpaWith('utils.rego', 'server.rego');
    const other = await createTestApp({ env: { OPA_URL: half.url } });
    try {
      const { username, password } = other.admin;
      const basic = { Authorization: basicAuth(username, password) };
      expect((await other.send('/api/users/self', { headers: basic })).json()).toMatchObject({
        code: 'opa_undefined',
      });
      const key = `halfhalf.${'h'.repeat(32)}`;
      await insertAccessToken(other.db, { ownerId: (await readUser(other.db, username)).id, key });
      for (const path of ['/api/users/self', '/api/server/plugins', '/api/organizations']) {
        const refused = await other.send(path, { headers: { Authorization: `Bearer ${key}` } });
        expect(refused.status).toBe(503);
        expect(refused.json()).toMatchObject({ code: 'opa_undefined' });
      }
      expect((await other.send('/readyz')).status).toBe(503);
    } finally {
      await other.close();
      await half.close();
    }
  });

  it('at a name that is gone: refuses with opa_unreachable', async () => {
    const lost = await createTestApp({ env: { OPA_URL: 'http://opa.invalid:8181', OPA_TIMEOUT_MS: '500' } });
    try {
      expect((await lost.send('/api/server/about')).status).toBe(200);
      const { username, password } = lost.admin;
      const refused = await lost.send('/api/users/self', {
        headers: { Authorization: basicAuth(username, password) },
      });
      expect(refused.status).toBe(503);
      expect(refused.json()).toMatchObject({ code: 'opa_unreachable' });
    } finally {
      await lost.close();
    }
  });
});
