import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { useSetUp } from '../support/hooks.js';
import { basicAuth, cookieOf } from '../support/http.js';
import {
  directoryEnv,
  findSlapd,
  GROUPS,
  PASSWORD,
  PEOPLE,
  uniqueName,
  useDirectory,
} from '../support/ldap.js';
import { freePort } from '../support/services.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const UNREACHABLE = {
  detail: 'The directory of accounts does not answer. Try again in a few seconds.',
  code: 'directory_unreachable',
};

/** Milliseconds by which a slow machine may be late; a directory that is waited for is waited for without end. */
const SLACK = 10_000;
const POLL = { timeout: 30_000, interval: 200 };

/** A server that says something to whoever connects, and remembers that somebody did. */
async function startTrap(answer: (sent: Buffer) => Buffer | undefined = () => undefined) {
  let visitors = 0;
  const server: Server = createServer((socket) => {
    visitors += 1;
    socket.on('error', () => undefined);
    socket.on('data', (sent) => {
      const reply = answer(sent);
      if (reply !== undefined) socket.write(reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    visitors: () => visitors,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

describe.skipIf(findSlapd() === undefined)('a directory that fails', () => {
  const trap = useSetUp(
    () => startTrap(),
    ({ close }) => close(),
  );
  const directory = useDirectory(() => ({ referral: `ldap://127.0.0.1:${trap().port}` }));
  const apps: TestApp[] = [];
  beforeAll(async () => {
    await directory.addPerson('anna');
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
  });

  const startApp = async (env: Readonly<Record<string, string>> = {}): Promise<TestApp> => {
    const app = await createTestApp({ env: { ...directoryEnv(directory), AUTH_LDAP_TIMEOUT: '30', ...env } });
    apps.push(app);
    return app;
  };
  const login = (app: TestApp, username = 'anna', password = PASSWORD) =>
    app.send('/api/auth/login', { method: 'POST', body: { username, password } });
  const timed = async <T>(work: Promise<T>): Promise<{ readonly answer: T; readonly ms: number }> => {
    const start = performance.now();
    return { answer: await work, ms: performance.now() - start };
  };

  /** Everybody who does not need the directory: a local account, and who signed in before. */
  const startOthers = async (app: TestApp) => {
    const entered = await login(app);
    expect(entered.status, entered.text).toBe(200);
    const token = { Authorization: `Token ${(entered.json() as { key: string }).key}` };
    const session = { Cookie: `sessionid=${cookieOf(entered, 'sessionid')}` };
    const basic = { Authorization: basicAuth('anna', PASSWORD) };
    const local = { Authorization: basicAuth(app.admin.username, app.admin.password) };
    const made = await app.send('/api/auth/access_tokens', {
      method: 'POST',
      headers: token,
      body: { name: uniqueName('token') },
    });
    const bearer = { Authorization: `Bearer ${(made.json() as { value: string }).value}` };
    await app.send('/api/users/self', { headers: basic });
    return async (): Promise<Readonly<Record<string, number>>> => {
      const ask = async (headers: Readonly<Record<string, string>>): Promise<number> =>
        (await app.send('/api/users/self', { headers })).status;
      return {
        token: await ask(token),
        session: await ask(session),
        bearer: await ask(bearer),
        basicOfLately: await ask(basic),
        localBasic: await ask(local),
        localLogin: (await login(app, app.admin.username, app.admin.password)).status,
      };
    };
  };
  const ALL_IN = {
    token: 200,
    session: 200,
    bearer: 200,
    basicOfLately: 200,
    localBasic: 200,
    localLogin: 200,
  };

  it('is a 503 with a name when it is stopped, touches nobody else, and heals by itself', async () => {
    const app = await startApp();
    const others = await startOthers(app);
    await directory.stop();
    try {
      const answer = await login(app);
      expect(answer.status).toBe(503);
      expect(answer.json()).toEqual(UNREACHABLE);
      expect(answer.headers['retry-after']).toBe('5');
      const headers = { Authorization: basicAuth('Anna', PASSWORD) };
      const basic = await app.send('/api/users/self', { headers });
      expect(basic.status).toBe(503);
      expect(basic.json()).toEqual(UNREACHABLE);
      expect(await others()).toEqual(ALL_IN);
    } finally {
      await directory.start();
    }
    expect((await login(app)).status).toBe(200);
  });

  it('is a 503 within the timeout when it is silent, touches nobody else, and heals by itself', async () => {
    const app = await startApp({ AUTH_LDAP_TIMEOUT: '3' });
    const others = await startOthers(app);
    directory.pause();
    try {
      const waiting = Promise.all(Array.from({ length: 8 }, () => timed(login(app))));
      expect(await others()).toEqual(ALL_IN);
      for (const { answer, ms } of await waiting) {
        expect(answer.status).toBe(503);
        expect((answer.json() as { code: string }).code).toMatch(/^directory_(unreachable|busy)$/);
        expect(ms).toBeLessThan(3000 + SLACK);
      }
    } finally {
      directory.resume();
    }
    await expect.poll(async () => (await login(app)).status, POLL).toBe(200);
  });

  it('is a 503 within the timeout when every single answer comes in time, and all together do not', async () => {
    const proxy = await startTcpProxy(Number(new URL(directory.ldaps).port), 1200);
    const app = await startApp({
      AUTH_LDAP_SERVER_URI: `ldaps://localhost:${proxy.port}`,
      AUTH_LDAP_TIMEOUT: '2',
    });
    const { answer, ms } = await timed(login(app));
    expect(answer.json()).toEqual(UNREACHABLE);
    expect(ms).toBeLessThan(2000 + SLACK);
    await proxy.close();
  });

  it('does not count a failure of the directory as a wrong password', async () => {
    const app = await startApp({ AUTH_LDAP_SERVER_URI: `ldap://127.0.0.1:${await freePort()}` });
    for (let attempt = 0; attempt < 12; attempt += 1) expect((await login(app)).status).toBe(503);
  });

  it.each([
    ['an unknown authority', () => ({ AUTH_LDAP_CA_FILE: directory.otherCaFile }), 'AUTH_LDAP_CA_FILE'],
    [
      'a certificate for another name',
      () => ({ AUTH_LDAP_SERVER_URI: directory.ldaps.replace('localhost', '127.0.0.1') }),
      'for another name',
    ],
    [
      'an unknown authority after STARTTLS',
      () => ({
        AUTH_LDAP_SERVER_URI: directory.ldap.replace('127.0.0.1', 'localhost'),
        AUTH_LDAP_START_TLS: 'true',
        AUTH_LDAP_CA_FILE: directory.otherCaFile,
      }),
      'AUTH_LDAP_CA_FILE',
    ],
    [
      'a certificate for another name after STARTTLS',
      () => ({ AUTH_LDAP_SERVER_URI: directory.ldap, AUTH_LDAP_START_TLS: 'true' }),
      'for another name',
    ],
    [
      'a wrong account for searches',
      () => ({ AUTH_LDAP_BIND_PASSWORD: 'wrong' }),
      'refuses AUTH_LDAP_BIND_DN',
    ],
    [
      'a search base that is not there',
      () => ({ AUTH_LDAP_USER_SEARCH_BASE: `ou=nowhere,${PEOPLE}` }),
      'has no entry',
    ],
    [
      'a search base that is another server’s',
      () => ({ AUTH_LDAP_USER_SEARCH_BASE: 'dc=elsewhere,dc=net' }),
      'refers to another server',
    ],
  ])('lets nobody in with %s, and tells the operator why', async (_what, env, reason) => {
    const app = await startApp(env());
    const answer = await login(app);
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual(UNREACHABLE);
    expect(app.logs.join('')).toContain(reason);
    expect(app.logs.join('')).not.toContain(PASSWORD);
    expect(trap().visitors()).toBe(0);
  });

  it('follows no reference to another server, and finds who is here', async () => {
    const branch = uniqueName('branch');
    await directory.add(`ou=${branch},${PEOPLE}`, {
      objectClass: ['referral', 'extensibleObject'],
      ou: branch,
      ref: `ldap://127.0.0.1:${trap().port}/${PEOPLE}`,
    });
    const app = await startApp();
    expect((await login(app)).status).toBe(200);
    expect((await login(app, 'somebody-there')).status).toBe(400);
    expect(trap().visitors()).toBe(0);
  });

  it('signs in over STARTTLS', async () => {
    const app = await startApp({
      AUTH_LDAP_SERVER_URI: directory.ldap.replace('127.0.0.1', 'localhost'),
      AUTH_LDAP_START_TLS: 'true',
    });
    expect((await login(app)).status).toBe(200);
    expect((await login(app, 'anna', 'wrong')).status).toBe(400);
  });

  it.each([
    ['refuses STARTTLS', Buffer.from('300c02010178070a010204000400', 'hex')],
    // An attacker's answer, followed by the start of a message that what comes encrypted would complete.
    ['sends more than the answer to STARTTLS', Buffer.from('300c02010178070a0100040004003084000000', 'hex')],
    ['answers STARTTLS with something else', Buffer.from('300c02010161070a010004000400', 'hex')],
    ['answers in no protocol at all', Buffer.from('220 ready\r\n')],
  ])('sends no password to a server that %s', async (_what, reply) => {
    let sent = '';
    const server = await startTrap((data) => {
      sent += data.toString('latin1');
      return reply;
    });
    const app = await startApp({
      AUTH_LDAP_SERVER_URI: `ldap://localhost:${server.port}`,
      AUTH_LDAP_START_TLS: 'true',
      AUTH_LDAP_TIMEOUT: '2',
    });
    expect((await login(app)).json()).toEqual(UNREACHABLE);
    expect(server.visitors()).toBeGreaterThan(0);
    expect(sent).toContain('1.3.6.1.4.1.1466.20037');
    expect(sent).not.toContain('secret');
    await server.close();
  });

  it.each([
    [
      'takes no connections',
      async () => ({ port: await freePort(), visitors: () => 0, close: async () => undefined }),
    ],
    ['is silent', () => startTrap()],
  ])('uses the second server when the first %s', async (_what, startFirst) => {
    const first = await startFirst();
    const app = await startApp({
      AUTH_LDAP_SERVER_URI: `ldaps://localhost:${first.port} ${directory.ldaps}`,
      AUTH_LDAP_TIMEOUT: '6',
    });
    expect((await login(app)).status).toBe(200);
    const visits = first.visitors();
    expect((await login(app)).status).toBe(200);
    expect(first.visitors()).toBe(visits);
    await first.close();
  });

  it('refuses a name that two entries have', async () => {
    const filter = '(|(uid=%(user)s)(mail=%(user)s))';
    const [one, other, mail] = [uniqueName('twin'), uniqueName('twin'), `${uniqueName('twin')}@example.org`];
    await directory.addPerson(one, { mail });
    await directory.addPerson(other, { mail });
    const app = await startApp({ AUTH_LDAP_USER_SEARCH_FILTER: filter });
    expect((await login(app, one)).status).toBe(200);
    expect((await login(app, mail)).status).toBe(400);
    expect(app.logs.join('')).toContain('more than one entry matches');
  });

  it('lets in only members of the required group, and nobody whose entry is disabled', async () => {
    const names = { ben: uniqueName('ben'), cleo: uniqueName('cleo') };
    const ben = await directory.addPerson(names.ben, {
      objectClass: ['inetOrgPerson', 'posixAccount', 'windowsPerson'],
    });
    const cleo = await directory.addPerson(names.cleo);
    const app = await startApp({ AUTH_LDAP_REQUIRE_GROUP: `cn=cvat,${GROUPS}` });
    await directory.setGroup('cvat', [ben]);
    expect((await login(app, names.ben)).status).toBe(200);
    expect((await login(app, names.cleo)).status).toBe(400);
    await directory.setGroup('cvat', [ben, cleo]);
    expect((await login(app, names.cleo)).status).toBe(200);
    await directory.change(ben, { userAccountControl: '514' });
    expect((await login(app, names.ben)).status).toBe(400);
    expect(app.logs.join('')).toContain('the entry is disabled');
  });

  it('keeps its connections, few of them, and takes new ones when they were cut', async () => {
    const proxy = await startTcpProxy(Number(new URL(directory.ldaps).port));
    const app = await startApp({
      AUTH_LDAP_SERVER_URI: `ldaps://localhost:${proxy.port}`,
    });
    const many = await Promise.all(Array.from({ length: 40 }, () => login(app)));
    expect(many.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(proxy.most()).toBeGreaterThan(2);
    expect(proxy.most()).toBeLessThanOrEqual(10);
    const kept = proxy.open();
    expect(kept).toBeGreaterThan(0);
    expect((await login(app)).status).toBe(200);
    expect(proxy.open()).toBe(kept);
    proxy.cut();
    expect((await login(app)).status).toBe(200);
    await proxy.close();
  });
});
