import { describe, expect, it } from 'vitest';
import { createBrowser } from '../support/http.js';
import { send, startServer, temporaryFolder, until } from './server.js';

const PASSWORD = 'Wiesel-42-quarks';
const env = { ADMIN_PASSWORD: PASSWORD };

const account = (username: string) => ({
  username,
  email: `${username}@example.org`,
  password1: PASSWORD,
  password2: PASSWORD,
});

describe('the embedded database', () => {
  it('keeps sessions, tokens and the secret key over a restart', { timeout: 120_000 }, async () => {
    const cwd = temporaryFolder();
    const first = await startServer({ cwd, env });
    const browser = createBrowser(first.url);
    const login = { method: 'POST', body: { username: 'admin', password: PASSWORD } };
    const { key } = (await browser.send('/api/auth/login', login)).json() as { key: string };
    expect(await first.stop()).toBe(0);

    const again = await startServer({ cwd, env });
    const cookies = { Cookie: browser.cookieHeader(), 'X-CSRFToken': browser.jar.get('csrftoken') ?? '' };
    const self = await send(again.url, '/api/users/self', { headers: cookies });
    expect(self.json()).toMatchObject({ username: 'admin' });
    expect(
      (await send(again.url, '/api/users/self', { headers: { Authorization: `Token ${key}` } })).status,
    ).toBe(200);
    expect((await send(again.url, '/api/auth/logout', { method: 'POST', headers: cookies })).status).toBe(
      200,
    );
  });

  it('loses nothing that was acknowledged to kill -9', { timeout: 180_000 }, async () => {
    const cwd = temporaryFolder();
    const acknowledged = new Map<string, string>();
    for (const round of [1, 2]) {
      const server = await startServer({ cwd, env });
      const writers = [1, 2, 3].map((writer) =>
        write(server.url, `round${round}writer${writer}`, acknowledged),
      );
      await until(() => acknowledged.size >= 15 * round || undefined);
      expect(await server.stop('SIGKILL')).toBe(null);
      await Promise.all(writers);
    }

    const { url } = await startServer({ cwd, env });
    const lost: string[] = [];
    for (const [username, key] of acknowledged) {
      const answer = await send(url, '/api/users/self', { headers: { Authorization: `Token ${key}` } });
      if (answer.status !== 200) lost.push(username);
    }
    expect(lost).toEqual([]);
  });
});

/** Registers accounts one after the other until the server is gone, and notes those it heard of. */
async function write(url: string, prefix: string, acknowledged: Map<string, string>): Promise<void> {
  for (let number = 1; ; number += 1) {
    const body = account(`${prefix}number${number}`);
    const answer = await send(url, '/api/auth/register', { method: 'POST', body }).catch(() => undefined);
    if (answer === undefined) return;
    expect(answer.text).toContain('"key"');
    acknowledged.set(body.username, (answer.json() as { key: string }).key);
  }
}
