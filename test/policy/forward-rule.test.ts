import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { blocksOf } from '../support/document-blocks.js';
import { freePort } from '../support/services.js';
import { type OpaServer, pulling, startOpaOn, withoutOpa } from './opa.js';

/** The rule of docs/forward-auth.md, in the Open Policy Agent of an operator. */

const [RULE] = blocksOf('forward-auth.md').filter(({ language }) => language === 'rego');

describe.skipIf(withoutOpa)('a rule about requests to other programs', () => {
  let folder: string;
  let app: TestApp;
  let opa: OpaServer;
  let person: TestAccount;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'forward-rule-'));
    await writeFile(path.join(folder, 'reports.rego'), RULE?.text ?? '');
    const port = await freePort();
    app = await createTestApp({
      engines: 'embedded',
      env: {
        OPA_URL: `http://127.0.0.1:${port}`,
        RULES_DIR: folder,
        FORWARD_AUTH_HOSTS: 'cvat.example.org',
      },
    });
    opa = await startOpaOn(port, ...pulling(app.url));
    await vi.waitFor(async () => expect((await app.send('/readyz')).status).toBe(200), {
      timeout: 20_000,
      interval: 100,
    });
    person = await app.register();
  });
  afterAll(async () => {
    await app?.close();
    await opa?.close();
    await rm(folder, { recursive: true });
  });

  const ask = async (
    headers: Readonly<Record<string, string>>,
    { method = 'GET', uri = '/reports/1', rule = 'reports' } = {},
  ): Promise<number> => {
    const forwarded = {
      'X-Forwarded-Host': 'cvat.example.org',
      'X-Forwarded-Method': method,
      'X-Forwarded-Uri': uri,
    };
    return (await app.send(`/api/auth/forward?rule=${rule}`, { headers: { ...forwarded, ...headers } }))
      .status;
  };
  const asAdmin = {
    Authorization: `Basic ${Buffer.from('admin:correct horse battery').toString('base64')}`,
  };

  it('lets pass what it allows, by the account, the method and the path', async () => {
    const { authorization } = person;
    expect(await ask(asAdmin)).toBe(200);
    expect(await ask(authorization)).toBe(403);
    expect(await ask(authorization, { uri: '/reports/public/1?x=/reports/' })).toBe(200);
    expect(await ask(authorization, { uri: '/reports/?x=/reports/public/' })).toBe(403);
    expect(await ask(authorization, { uri: '/reports/public/1', method: 'POST' })).toBe(403);
    expect(await ask(asAdmin, { method: 'POST' })).toBe(200);
  });

  it('lets nothing pass if it does not exist, or is not of this kind', async () => {
    expect([await ask(asAdmin, { rule: 'other' }), await ask(asAdmin, { rule: 'users' })]).toEqual([
      503, 503,
    ]);
  });

  it('lets nothing pass without Open Policy Agent', async () => {
    await opa.close();
    expect(await ask(asAdmin)).toBe(503);
  });
});
