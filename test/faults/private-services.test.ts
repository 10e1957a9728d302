import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createBundle } from '../../src/authorization/bundle/bundle.js';
import { RULES, startOpaWithTls } from '../policy/opa.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { makeCertificates } from '../support/certificates.js';
import { type RedisGroup, startGuardedSentinel, startRedisWithTls } from '../support/redis-topologies.js';

const certificates = makeCertificates();
const { caFile } = certificates;

/** A server with these settings; removed when `work` is done. */
async function withApp(env: Readonly<Record<string, string>>, work: (app: TestApp) => Promise<void>) {
  const app = await createTestApp({ env });
  try {
    await work(app);
  } finally {
    await app.close();
  }
}

async function withGroup(start: Promise<RedisGroup>, work: (group: RedisGroup) => Promise<void>) {
  const group = await start;
  try {
    await work(group);
  } finally {
    await group.remove();
  }
}

async function expectSession(app: TestApp): Promise<void> {
  const browser = app.browser();
  const answer = await browser.send('/api/auth/login', { method: 'POST', body: app.admin });
  expect(answer.status).toBe(200);
  expect((await browser.send('/api/users/self')).status).toBe(200);
  expect((await app.send('/readyz')).json()).toMatchObject({ redis: 'ok' });
}

async function expectNoRedis(app: TestApp): Promise<void> {
  const state = await app.send('/readyz');
  expect(state.status).toBe(503);
  expect((state.json() as { redis: string }).redis).not.toBe('ok');
}

describe('Redis with a certificate of a private authority', () => {
  it('keeps sessions with REDIS_CA_FILE, and is not trusted without it', async () => {
    await withGroup(startRedisWithTls(certificates), async ({ url }) => {
      await withApp({ REDIS_URL: url, REDIS_CA_FILE: caFile }, expectSession);
      await withApp({ REDIS_URL: url }, expectNoRedis);
    });
  });
});

describe('sentinels with a password of their own', () => {
  const passwords = { redisPassword: 'of-redis', sentinelPassword: 'of-sentinels' };

  it('are asked with REDIS_SENTINEL_PASSWORD, and Redis with the one in REDIS_URL', async () => {
    await withGroup(startGuardedSentinel(passwords), async ({ url }) => {
      await withApp({ REDIS_URL: url, REDIS_SENTINEL_PASSWORD: 'of-sentinels' }, expectSession);
      await withApp({ REDIS_URL: url }, expectNoRedis);
    });
  });

  it('are reached over TLS with rediss+sentinel, unless REDIS_SENTINEL_TLS is false', async () => {
    await withGroup(startGuardedSentinel({ ...passwords, certificates }), async ({ url }) => {
      const env = { REDIS_URL: url, REDIS_CA_FILE: caFile, REDIS_SENTINEL_PASSWORD: 'of-sentinels' };
      await withApp(env, expectSession);
      await withApp({ ...env, REDIS_SENTINEL_TLS: 'false' }, expectNoRedis);
    });
  });
});

describe('Open Policy Agent with TLS and a token', () => {
  it('decides with OPA_CA_FILE and OPA_TOKEN, and with neither of them alone', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'opa-token-'));
    const gate = 'package system.authz\n\ndefault allow := false\n\nallow if input.identity == "of-opa"\n';
    writeFileSync(path.join(folder, 'gate.rego'), gate);
    const bundle = path.join(folder, 'bundle.tar.gz');
    writeFileSync(bundle, (await createBundle([RULES], [folder])).bytes);
    const opa = await startOpaWithTls(
      certificates,
      '--authentication=token',
      '--authorization=basic',
      '--bundle',
      bundle,
    );
    try {
      const ask = async (env: Readonly<Record<string, string>>) => {
        let status = 0;
        await withApp({ OPA_URL: opa.url, ...env }, async (app) => {
          const person = await app.register();
          status = (await app.send('/api/users/self', { headers: person.authorization })).status;
        });
        return status;
      };
      expect(await ask({ OPA_CA_FILE: caFile, OPA_TOKEN: 'of-opa' })).toBe(200);
      expect(await ask({ OPA_CA_FILE: caFile, OPA_TOKEN: 'other' })).toBe(503);
      expect(await ask({ OPA_CA_FILE: caFile })).toBe(503);
      expect(await ask({ OPA_TOKEN: 'of-opa' })).toBe(503);
    } finally {
      await opa.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
