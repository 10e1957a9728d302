import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createDatabase } from '../../src/platform/db/database.js';
import type { Database } from '../../src/platform/db/pool.js';
import { execute, many } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import { type Browser, createBrowser } from '../support/http.js';
import { startMailServer } from '../unit/platform/mail/mail-server.js';
import { preparedFolder, send, startServer, until } from './server.js';

const PASSWORD = 'Wiesel-42-quarks';
const env = { ADMIN_PASSWORD: PASSWORD };

const account = (username: string) => ({
  username,
  email: `${username}@example.org`,
  password1: PASSWORD,
  password2: PASSWORD,
});

describe('the embedded database', () => {
  it('keeps sessions, tokens and the secret key over a restart, and loses nothing that was acknowledged to kill -9', {
    timeout: 180_000,
  }, async () => {
    const cwd = await preparedFolder();
    const first = await startServer({ cwd, env });
    const browser = createBrowser(first.url);
    const login = { method: 'POST', body: { username: 'admin', password: PASSWORD } };
    const { key } = (await browser.send('/api/auth/login', login)).json() as { key: string };
    expect(await first.stop()).toBe(0);

    const acknowledged = new Map<string, string>();
    for (const round of [1, 2]) {
      const server = await startServer({ cwd, env });
      if (round === 1) await expectKept(server.url, browser, key);
      const writers = [1, 2, 3].map((writer) =>
        write(server.url, `round${round}writer${writer}`, acknowledged),
      );
      await until(() => acknowledged.size >= 15 * round || undefined);
      expect(await server.stop('SIGKILL')).toBe(null);
      await Promise.all(writers);
    }

    const { url } = await startServer({ cwd, env });
    const lost: string[] = [];
    for (const [username, token] of acknowledged) {
      const answer = await send(url, '/api/users/self', { headers: { Authorization: `Token ${token}` } });
      if (answer.status !== 200) lost.push(username);
    }
    expect(lost).toEqual([]);
  });
});

describe('a server that is killed between its answer and the mail', () => {
  it('sends exactly the mails it promised, once each, after its next start', {
    timeout: 180_000,
  }, async () => {
    const cwd = await preparedFolder();
    let [isSilent, connections] = [true, 0];
    const mailServer = await startMailServer({
      onConnect: (_session, done) => {
        connections += 1;
        // No greeting: mails are under way and have not left.
        if (!isSilent) done();
      },
    });
    onTestFinished(mailServer.close);
    const settings = {
      ...env,
      ACCOUNT_EMAIL_VERIFICATION: 'optional',
      EMAIL_URL: `smtp://127.0.0.1:${mailServer.port}`,
    };

    const first = await startServer({ cwd, env: settings });
    const post = (path: string, body: object) => send(first.url, path, { method: 'POST', body });
    expect((await post('/api/auth/register', account('anna1'))).status).toBe(201);
    // A name that is taken: no account, and no mail.
    const twin = { ...account('ANNA1'), email: 'twin@example.org' };
    expect((await post('/api/auth/register', twin)).status).toBe(400);
    expect((await post('/api/auth/password/reset', { email: 'anna1@example.org' })).status).toBe(200);
    await until(() => connections >= 2 || undefined);
    expect(await first.stop('SIGKILL')).toBe(null);
    expect(mailServer.mails).toEqual([]);

    // Instead of waiting until nobody can hold the mails any more.
    expect(
      await withDatabase(cwd, (db) => execute(db, sql`update auth_server_outbox set locked_until = now()`)),
    ).toBe(2);
    isSilent = false;
    const second = await startServer({ cwd, env: settings });
    await until(() => mailServer.mails.length >= 2 || undefined);
    expect(await second.stop()).toBe(0);
    expect(await withDatabase(cwd, (db) => many(db, sql`select from auth_server_outbox`))).toEqual([]);
    expect(mailServer.mails.map(({ recipients, parsed }) => [...recipients, parsed.subject]).sort()).toEqual([
      ['anna1@example.org', '[localhost] Password Reset E-mail'],
      ['anna1@example.org', '[localhost] Please Confirm Your Email Address'],
    ]);
  });
});

/** What a server gave before it was stopped, another one takes. */
async function expectKept(url: string, browser: Browser, key: string): Promise<void> {
  const cookies = { Cookie: browser.cookieHeader(), 'X-CSRFToken': browser.jar.get('csrftoken') ?? '' };
  const self = await send(url, '/api/users/self', { headers: cookies });
  expect(self.json()).toMatchObject({ username: 'admin' });
  const byToken = await send(url, '/api/users/self', { headers: { Authorization: `Token ${key}` } });
  expect(byToken.status).toBe(200);
  expect((await send(url, '/api/auth/logout', { method: 'POST', headers: cookies })).status).toBe(200);
}

/** Opens the database of a server that does not run. */
async function withDatabase<T>(cwd: string, work: (db: Database) => Promise<T>): Promise<T> {
  const dataDir = path.join(cwd, 'data');
  const db = await createDatabase({
    url: undefined,
    dataDir,
    poolSize: 1,
    timeout: 5000,
    applicationName: 'test',
  });
  return work(db).finally(() => db.close());
}

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
