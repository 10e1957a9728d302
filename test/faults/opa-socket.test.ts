import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import { tryServices } from '../../src/composition/try-services.js';
import { systemClock } from '../../src/kernel/clock.js';
import { loadConfig } from '../../src/platform/config/load.js';
import { type OpaServer, RULES, startOpaOnSocket } from '../policy/opa.js';
import { type TestAccount, useTestApp } from '../support/app.js';

const folder = mkdtempSync(path.join(tmpdir(), 'opa-socket-'));
const bundle = path.join(folder, 'bundle.tar.gz');
const socket = path.join(folder, 'opa.sock');
const OPA_URL = `unix://${socket}`;

let opa: OpaServer;
let person: TestAccount;
const start = () => startOpaOnSocket(socket, '--bundle', bundle);
beforeAll(async () => {
  writeFileSync(bundle, (await createBundle([RULES])).bytes);
  opa = await start();
});
const app = useTestApp({ env: { OPA_URL, OPA_TIMEOUT_MS: '500' } });
beforeAll(async () => {
  person = await app.register();
});
afterAll(async () => {
  await opa.close();
  rmSync(folder, { recursive: true, force: true });
});

const self = () => app.send('/api/users/self', { headers: person.authorization });
const policyOf = async (url: string) =>
  (await tryServices(loadConfig({ OPA_URL: url }), systemClock)).find(({ part }) => part === 'policy');

describe('Open Policy Agent on a socket', () => {
  it('decides, and the server is ready', async () => {
    const answers = await Promise.all([self(), self(), self()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await app.send('/readyz')).json()).toMatchObject({ status: 'ok', policy: 'ok' });
  });

  it('is checked by config check --connect', async () => {
    expect(await policyOf(OPA_URL)).toEqual({
      part: 'policy',
      result: 'passed',
      detail: expect.stringMatching(/^Open Policy Agent has these rules/) as string,
    });
    expect(await policyOf(`${OPA_URL}.other`)).toEqual({
      part: 'policy',
      result: 'failed',
      detail: expect.stringMatching(/^OPA_URL can't be used: there is no such socket/) as string,
    });
  });

  it('stopped: refuses with opa_unreachable, and heals when it is back', async () => {
    await opa.close();
    const refused = await self();
    expect([refused.status, refused.json()]).toMatchObject([503, { code: 'opa_unreachable' }]);
    opa = await start();
    expect((await self()).status).toBe(200);
  });
});
