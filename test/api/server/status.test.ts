import { describe, expect, inject, it } from 'vitest';
import { Settings } from '../../../src/platform/config/settings.js';
import { useTestApp } from '../../support/app.js';
import { useWorld } from '../../support/world.js';

/** A recognisable value for every secret that a server of any project can have. */
const MARK = 'Nobody-May-Read-This';
const SECRETS = {
  SECRET_KEY: `${MARK}-key-key-key-key`,
  ADMIN_PASSWORD: `${MARK}-admin-82`,
  METRICS_TOKEN: `${MARK}-metrics`,
  AUTH_LDAP_BIND_PASSWORD: `${MARK}-ldap`,
  EMAIL_URL: `smtp://mailer:${MARK}-mail@127.0.0.1:2525`,
  CVAT_DATABASE_URL: `postgres://cvat:${MARK}-cvat@db.example.org/cvat?password=${MARK}`,
};

const app = useTestApp({ env: { ...SECRETS, THROTTLE_ANON: '10/hour' } });

interface Status {
  readonly version: string;
  readonly cvat_version: string;
  readonly parts: readonly { readonly name: string; readonly ok: boolean; readonly sentence: string }[];
  readonly mails: { readonly waiting: number; readonly failed: number };
  readonly settings: readonly { readonly name: string; readonly value: string | null }[];
}

const ask = async () => {
  const headers = { Authorization: `Basic ${btoa(`admin:${SECRETS.ADMIN_PASSWORD}`)}` };
  const answer = await app.send('/api/server/status', { headers });
  expect(answer.status).toBe(200);
  return { text: answer.text, status: answer.json() as Status };
};

describe('GET /api/server/status', () => {
  it('says how each part is', async () => {
    const { status } = await ask();
    expect(status.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(status.cvat_version).toBe('2.62.0');
    expect(status.parts.map(({ name }) => name)).toEqual([
      'database',
      'migrations',
      'redis',
      'policy',
      'rules',
      'disk',
      'memory',
    ]);
    const stateOf = (wanted: string) => status.parts.find(({ name }) => name === wanted);
    for (const name of ['database', 'migrations', 'policy', 'rules'])
      expect(stateOf(name)).toEqual({ name, ok: true, sentence: 'ok' });
    const sentence = inject('engines') === 'real' ? 'ok' : 'not used';
    expect(stateOf('redis')).toEqual({ name: 'redis', ok: true, sentence });
  });

  it('counts the mails that wait', async () => {
    const before = (await ask()).status.mails;
    const person = await app.register();
    await app.send('/api/auth/password/reset', { method: 'POST', body: { email: person.email } });
    expect((await ask()).status.mails).toEqual({ ...before, waiting: before.waiting + 1 });
  });

  it('shows every setting that is in force', async () => {
    const { status } = await ask();
    expect(status.settings.map(({ name }) => name)).toEqual(Object.keys(Settings.shape));
    expect(Object.fromEntries(status.settings.map(({ name, value }) => [name, value]))).toMatchObject({
      PORT: '0',
      THROTTLE_ANON: '10/hour',
      ACCOUNT_PAGES: 'true',
      ALLOWED_HOSTS: 'localhost, 127.0.0.1',
      BRAND_LOGO: null,
      OPA_TOKEN: null,
      SECRET_KEY: 'set',
      ADMIN_PASSWORD: 'set',
      EMAIL_URL: 'smtp://set@127.0.0.1:2525',
      CVAT_DATABASE_URL: 'postgres://set@db.example.org/cvat?set',
    });
  });

  it('contains no secret', async () => {
    expect((await ask()).text).not.toContain(MARK);
    expect(app.logs.join('')).not.toContain(MARK);
  });
});

describe('the state of a server', () => {
  const other = useTestApp();
  const world = useWorld(other);

  it('is for administrators alone', async () => {
    const statuses = async (...people: readonly (typeof world.admin)[]) =>
      Promise.all(people.map(async ({ send }) => (await send('GET', '/api/server/status')).status));
    expect(await statuses(world.admin, world.groupAdmin)).toEqual([200, 200]);
    expect(await statuses(world.owner, world.worker, world.stranger, world.nobody)).toEqual([
      403, 403, 403, 403,
    ]);
    expect((await other.send('/api/server/status')).status).toBe(401);
  });
});
