import { describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { insertAccessToken } from '../../support/rows.js';
import { useWorld } from '../../support/world.js';

/** `/api/users/{id}/api_token` and `/api/auth/api_token`: the token that a login answers with, seen, replaced, ended. */

const app = useTestApp();
const world = useWorld(app);

/** Two ways to say: the account that asks. */
type Self = 'self' | 'own';
const SELF: readonly Self[] = ['self', 'own'];

const pathOf = (id: number | Self) => (id === 'own' ? '/api/auth/api_token' : `/api/users/${id}/api_token`);
const ask = (method: string, id: number | Self, headers: Readonly<Record<string, string>>) =>
  app.send(pathOf(id), { method, headers });
const works = async (token: string) =>
  (await app.send('/api/users/self', { headers: { Authorization: `Token ${token}` } })).status === 200;
const logIn = async ({ username, password }: TestAccount) => {
  const answer = await app.send('/api/auth/login', { method: 'POST', body: { username, password } });
  return (answer.json() as { key: string }).key;
};

describe('the owner of an API token', () => {
  it('sees that it exists, and never the token itself', async () => {
    const account = await app.register();
    for (const id of [account.id, ...SELF]) {
      const answer = await ask('GET', id, account.basic);
      expect(answer.json()).toEqual({ exists: true, created_date: expect.stringMatching(/Z$/) });
      expect(answer.text).not.toContain(account.token);
    }
  });

  it.each(SELF)('replaces it as %s: the old one ends at once, the new one works', async (self) => {
    const account = await app.register();
    const answer = await ask('POST', self, account.authorization);
    expect(answer.status).toBe(201);
    const { key } = answer.json() as { key: string };
    expect(key).toMatch(/^[0-9a-f]{40}$/);
    expect([await works(account.token), await works(key)]).toEqual([false, true]);
    expect(await logIn(account)).toBe(key);
  });

  it.each(SELF)('ends it as %s, until the next login makes another one', async (self) => {
    const account = await app.register();
    expect((await ask('DELETE', self, account.basic)).status).toBe(204);
    expect(await works(account.token)).toBe(false);
    expect((await ask('GET', self, account.basic)).json()).toEqual({ exists: false, created_date: null });
    expect((await ask('DELETE', self, account.basic)).status).toBe(204);
    const key = await logIn(account);
    expect(key).not.toBe(account.token);
    expect(await works(key)).toBe(true);
  });

  it('creates one if there is none', async () => {
    const account = await app.register();
    await ask('DELETE', 'own', account.basic);
    const answer = await ask('POST', 'own', account.basic);
    const { key } = answer.json() as { key: string };
    expect([answer.status, await works(key), await logIn(account)]).toEqual([201, true, key]);
  });

  it('replaces it many times at once, and one is left', async () => {
    const account = await app.register();
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', 'self', account.basic)));
    const keys = answers.map((answer) => (answer.json() as { key: string }).key);
    const good = await Promise.all(keys.map(works));
    expect(good.filter(Boolean)).toHaveLength(1);
  });
});

describe('an administrator', () => {
  it('sees, replaces and ends the token of others, and is not told the new one', async () => {
    const account = await app.register();
    expect((await ask('GET', account.id, world.admin.headers)).json()).toMatchObject({ exists: true });
    const replaced = await ask('POST', account.id, world.groupAdmin.headers);
    expect([replaced.status, replaced.json()]).toEqual([201, {}]);
    expect(await works(account.token)).toBe(false);
    const key = await logIn(account);
    expect(await works(key)).toBe(true);
    expect((await ask('DELETE', account.id, world.admin.headers)).status).toBe(204);
    expect(await works(key)).toBe(false);
  });

  it('finds none of an account that is not there', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      expect((await ask(method, 2_000_000, world.admin.headers)).status).toBe(404);
      const answer = await app.send('/api/users/x/api_token', { method, headers: world.admin.headers });
      expect(answer.status).toBe(404);
    }
  });
});

describe('nobody else', () => {
  it('sees, replaces or ends a token: not a fellow member, not the owner of the organization', async () => {
    const { id } = world.worker;
    for (const method of ['GET', 'POST', 'DELETE']) {
      for (const { headers } of [world.owner, world.maintainer, world.stranger, world.nobody]) {
        const answer = await app.send(`${pathOf(id)}?org=${world.acme.slug}`, { method, headers });
        expect(answer.status).toBe(403);
      }
      expect((await app.send(pathOf(id), { method })).status).toBe(401);
    }
    expect((await world.worker.get('/api/users/self')).status).toBe(200);
  });

  it('changes the API token with a personal access token, not even its owner', async () => {
    const account = await app.register();
    const key = `${`${account.id}`.padStart(8, 'p')}.${'p'.repeat(32)}`;
    await insertAccessToken(app.db, { ownerId: account.id, key });
    const seen = await ask('GET', 'self', { Authorization: `Bearer ${key}` });
    expect(seen.json()).toMatchObject({ exists: true });
    for (const method of ['POST', 'DELETE'])
      for (const self of SELF)
        expect((await ask(method, self, { Authorization: `Bearer ${key}` })).status).toBe(403);
    expect(await works(account.token)).toBe(true);
  });
});
