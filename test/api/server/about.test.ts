import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, useTestApp } from '../../support/app.js';
import { setGroups } from '../../support/rows.js';

let person: TestAccount;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
});

describe('GET /api/server/about', () => {
  it('tells the version to everybody, in this order of keys', async () => {
    const answer = await app.send('/api/server/about');
    expect(answer.status).toBe(200);
    const body = answer.json() as Record<string, string>;
    expect(Object.keys(body)).toEqual(['name', 'description', 'version', 'logo_url', 'subtitle']);
    expect(body).toMatchObject({
      name: 'Computer Vision Annotation Tool',
      version: '2.62.0',
      logo_url: `${app.url}/static/logo.svg`,
      subtitle: 'Open Data Annotation Platform',
    });
  });

  it('refuses bad credentials nonetheless', async () => {
    expect((await app.send('/api/server/about', { headers: { Authorization: 'Token bad' } })).status).toBe(
      401,
    );
  });

  it('is open to accounts without a role', async () => {
    const other = await app.register();
    await setGroups(app.db, other.id, []);
    expect((await app.send('/api/server/about', { headers: other.authorization })).status).toBe(200);
  });
});

describe('GET /api/server/plugins', () => {
  it('tells what is switched on', async () => {
    expect((await app.send('/api/server/plugins', { headers: person.authorization })).json()).toEqual({
      ANALYTICS: false,
      MODELS: false,
    });
    const other = await createTestApp({ env: { CVAT_ANALYTICS: 'true', CVAT_SERVERLESS: '1' } });
    try {
      const { authorization } = await other.register();
      expect((await other.send('/api/server/plugins', { headers: authorization })).text).toBe(
        '{"ANALYTICS":true,"MODELS":true}',
      );
    } finally {
      await other.close();
    }
  });

  it('is 401 to the anonymous', async () => {
    expect((await app.send('/api/server/plugins')).status).toBe(401);
  });

  it.each([[['worker']], [['user']], [['admin']], [[]]])('is open to the roles %j', async (groups) => {
    const other = await app.register();
    await setGroups(app.db, other.id, groups);
    expect((await app.send('/api/server/plugins', { headers: other.authorization })).status).toBe(200);
  });
});
