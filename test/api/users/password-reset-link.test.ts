import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { useWorld } from '../../support/world.js';

const app = useTestApp({ env: { PUBLIC_URL: 'https://cvat.example.org' } });
const world = useWorld(app);

const PASSWORD = 'Marder-17-hosen';
const linkFor = (id: number) => `/api/users/${id}/password_reset_link`;

async function set(link: string): Promise<number> {
  const { searchParams } = new URL(link);
  const body = { ...Object.fromEntries(searchParams), new_password1: PASSWORD, new_password2: PASSWORD };
  return (await app.send('/api/auth/password/reset/confirm', { method: 'POST', body })).status;
}

describe('POST /api/users/{id}/password_reset_link', () => {
  it('201: a link that sets the password of the account, once', async () => {
    const { id, username } = world.supervisor;
    const answer = await world.admin.send('POST', linkFor(id));
    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({
      link: expect.stringMatching(
        /^https:\/\/cvat\.example\.org\/auth\/password\/reset\/confirm\?uid=\w+&token=[\w-]+$/,
      ),
      valid_days: 3,
    });
    const { link } = answer.body as { link: string };
    expect(await set(link)).toBe(200);
    const headers = { Authorization: basicAuth(username, PASSWORD) };
    expect((await app.send('/api/users/self', { headers })).json()).toMatchObject({ id });
    expect(await set(link)).toBe(400);
    const token = new URL(link).searchParams.get('token') ?? '';
    expect(app.logs.join('')).not.toContain(token);
  });

  it('reports who made a link for whom', async () => {
    const { id } = world.worker;
    await world.admin.send('POST', linkFor(id));
    const lines = app.logs.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ event, account }) => event === 'password.link_created' && account === id)).toEqual(
      [expect.objectContaining({ user: world.admin.id })],
    );
  });

  it('works for three days', async () => {
    const answer = await world.admin.send('POST', linkFor(world.otherWorker.id));
    app.clock.advance(3 * 86_400_000 + 1000);
    expect(await set((answer.body as { link: string }).link)).toBe(400);
  });

  it('403 for everybody who is no administrator, also for themselves', async () => {
    const { owner, worker, stranger } = world;
    for (const [client, id] of [
      [owner, worker.id],
      [stranger, stranger.id],
      [stranger, world.admin.id],
    ] as const)
      expect((await client.send('POST', linkFor(id))).status).toBe(403);
  });

  it('403 for an administrator with a personal access token that may write', async () => {
    const made = await world.groupAdmin.send('POST', '/api/auth/access_tokens', {
      name: 'script',
      read_only: false,
    });
    const { value } = made.body as { value: string };
    const headers = { Authorization: `Bearer ${value}` };
    const answer = await app.send(linkFor(world.worker.id), { method: 'POST', headers });
    expect([answer.status, answer.text]).toEqual([403, expect.not.stringContaining('token=')]);
  });

  it('404 for an account that is not there', async () => {
    expect((await world.admin.send('POST', linkFor(2_000_000_000))).status).toBe(404);
  });
});
