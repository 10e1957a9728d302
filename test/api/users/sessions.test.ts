import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { type ListedSession, sessionActions } from '../../support/session-actions.js';
import { type Client, useWorld } from '../../support/world.js';

/** `/api/users/{id}/sessions`: an administrator sees and ends the sessions of others; nobody else does. */

const app = useTestApp();
const world = useWorld(app);
const { signIn, list, currentOf, statusOf } = sessionActions(app);

const pathOf = (id: number) => `/api/users/${id}/sessions`;
const sessionsOf = async (client: Client, id: number) =>
  ((await client.get(`${pathOf(id)}?page_size=all`)).body as { results: readonly ListedSession[] }).results;
const browsersOf = async () => {
  const account = await app.register();
  return { account, browsers: [await signIn(account), await signIn(account)] as const };
};

describe('an administrator', () => {
  it('sees the sessions of another account, of which none is the current one', async () => {
    const { account, browsers } = await browsersOf();
    const ids = (await list(browsers[0])).map(({ id }) => id).sort();
    for (const client of [world.admin, world.groupAdmin]) {
      const seen = await sessionsOf(client, account.id);
      expect(seen.map(({ id }) => id).sort()).toEqual(ids);
      expect(seen.filter(({ current }) => current)).toEqual([]);
    }
  });

  it('ends one of them', async () => {
    const { account, browsers } = await browsersOf();
    const { id } = await currentOf(browsers[0]);
    const ended = await world.admin.send('DELETE', `${pathOf(account.id)}/${id}`);
    expect(ended.status).toBe(204);
    expect(await Promise.all(browsers.map(statusOf))).toEqual([401, 200]);
  });

  it('ends all of them, and leaves the API token', async () => {
    const { account, browsers } = await browsersOf();
    expect((await world.admin.send('DELETE', pathOf(account.id))).status).toBe(204);
    expect(await Promise.all(browsers.map(statusOf))).toEqual([401, 401]);
    expect(await sessionsOf(world.admin, account.id)).toEqual([]);
    expect((await app.send('/api/users/self', { headers: account.authorization })).status).toBe(200);
    expect(await statusOf(await signIn(account))).toBe(200);
  });

  it('ends also the session that its owner kept', async () => {
    const { account, browsers } = await browsersOf();
    await browsers[0].send('/api/auth/sessions?others=true', { method: 'DELETE' });
    expect(await statusOf(browsers[0])).toBe(200);
    await world.admin.send('DELETE', pathOf(account.id));
    expect(await statusOf(browsers[0])).toBe(401);
  });

  it('finds a session only with its own account, and none of an account that is not there', async () => {
    const { account, browsers } = await browsersOf();
    const { id } = await currentOf(browsers[0]);
    const wrong = await world.admin.send('DELETE', `${pathOf(world.worker.id)}/${id}`);
    expect([wrong.status, wrong.body]).toEqual([404, { detail: 'No Session matches the given query.' }]);
    expect((await world.admin.send('DELETE', `${pathOf(account.id)}/x`)).status).toBe(404);
    for (const path of [pathOf(2_000_000), '/api/users/x/sessions', '/api/users/self/sessions'])
      for (const method of ['GET', 'DELETE']) expect((await world.admin.send(method, path)).status).toBe(404);
    expect(await statusOf(browsers[0])).toBe(200);
  });
});

describe('nobody else', () => {
  it('sees or ends sessions: not a fellow member, not the owner of the organization', async () => {
    const { worker, acme } = world;
    const browser = await signIn({ username: worker.username, password: 'Wiesel-42-quarks' });
    const { id } = await currentOf(browser);
    for (const client of [world.owner, world.maintainer, world.stranger, world.nobody]) {
      const named = `?org=${acme.slug}`;
      expect((await client.send('GET', `${pathOf(worker.id)}${named}`)).status).toBe(403);
      expect((await client.send('DELETE', `${pathOf(worker.id)}${named}`)).status).toBe(403);
      expect((await client.send('DELETE', `${pathOf(worker.id)}/${id}${named}`)).status).toBe(403);
    }
    expect((await app.send(pathOf(worker.id))).status).toBe(401);
    expect(await statusOf(browser)).toBe(200);
  });
});

describe('a person', () => {
  it('reaches their own sessions by their id too, and sees which is the current one', async () => {
    const { account, browsers } = await browsersOf();
    const answer = await browsers[0].send(`${pathOf(account.id)}?page_size=all`);
    const { results } = answer.json() as { results: readonly ListedSession[] };
    expect(results.filter(({ current }) => current)).toHaveLength(1);
    expect((await browsers[0].send(pathOf(account.id), { method: 'DELETE' })).status).toBe(204);
    expect(await Promise.all(browsers.map(statusOf))).toEqual([401, 401]);
  });
});
