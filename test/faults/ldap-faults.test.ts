import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../support/app.js';
import { basicAuth } from '../support/http.js';
import {
  directoryEnv,
  findSlapd,
  GROUPS,
  PASSWORD,
  PEOPLE,
  startDirectory,
  type TestDirectory,
} from '../support/ldap.js';
import { freePort } from '../support/services.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

const UNREACHABLE = {
  detail: 'The directory of accounts does not answer. Try again in a few seconds.',
  code: 'directory_unreachable',
};

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
  let directory: TestDirectory;
  let trap: Awaited<ReturnType<typeof startTrap>>;
  const apps: TestApp[] = [];
  beforeAll(async () => {
    trap = await startTrap();
    directory = await startDirectory({ referral: `ldap://127.0.0.1:${trap.port}` });
    await directory.addPerson('anna');
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await directory.remove();
    await trap.close();
  });

  const startApp = async (env: Readonly<Record<string, string>> = {}): Promise<TestApp> => {
    const app = await createTestApp({ env: { ...directoryEnv(directory), AUTH_LDAP_TIMEOUT: '1', ...env } });
    apps.push(app);
    return app;
  };
  const login = (app: TestApp, username = 'anna', password = PASSWORD) =>
    app.send('/api/auth/login', { method: 'POST', body: { username, password } });
  const timed = async <T>(work: Promise<T>): Promise<{ readonly answer: T; readonly ms: number }> => {
    const start = performance.now();
    return { answer: await work, ms: performance.now() - start };
  };

  it('is a 503 with a name when it is stopped, touches nobody else, and heals by itself', async () => {
    const app = await startApp();
    const { key } = (await login(app)).json() as { key: string };
    await directory.stop();
    const { answer, ms } = await timed(login(app));
    expect(answer.status).toBe(503);
    expect(answer.json()).toEqual(UNREACHABLE);
    expect(answer.headers['retry-after']).toBe('5');
    expect(ms).toBeLessThan(1500);
    const basic = { Authorization: basicAuth('anna', PASSWORD) };
    expect((await app.send('/api/users/self', { headers: basic })).status).toBe(503);
    expect((await login(app, app.admin.username, app.admin.password)).status).toBe(200);
    expect((await app.send('/api/users/self', { headers: { Authorization: `Token ${key}` } })).status).toBe(
      200,
    );
    await directory.start();
    expect((await login(app)).status).toBe(200);
  });

  it('is a 503 within the timeout when it is silent, and heals by itself', async () => {
    const app = await startApp();
    await login(app);
    directory.pause();
    const results = await Promise.all(Array.from({ length: 8 }, () => timed(login(app))));
    directory.resume();
    for (const { answer, ms } of results) {
      expect(answer.status).toBe(503);
      expect((answer.json() as { code: string }).code).toMatch(/^directory_(unreachable|busy)$/);
      expect(ms).toBeLessThan(2500);
    }
    expect((await login(app)).status).toBe(200);
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
    expect(trap.visitors()).toBe(0);
  });

  it('follows no reference to another server, and finds who is here', async () => {
    await directory.add(`ou=branch,${PEOPLE}`, {
      objectClass: ['referral', 'extensibleObject'],
      ou: 'branch',
      ref: `ldap://127.0.0.1:${trap.port}/${PEOPLE}`,
    });
    const app = await startApp();
    expect((await login(app)).status).toBe(200);
    expect((await login(app, 'somebody-there')).status).toBe(400);
    expect(trap.visitors()).toBe(0);
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
    });
    expect((await login(app)).json()).toEqual(UNREACHABLE);
    expect(server.visitors()).toBeGreaterThan(0);
    expect(sent).toContain('1.3.6.1.4.1.1466.20037');
    expect(sent).not.toContain('secret');
    await server.close();
  });

  it.each([
    ['takes no connections', async () => ({ port: await freePort(), close: async () => undefined })],
    ['is silent', () => startTrap()],
  ])('uses the second server when the first %s', async (_what, startFirst) => {
    const first = await startFirst();
    const app = await startApp({
      AUTH_LDAP_SERVER_URI: `ldaps://localhost:${first.port} ${directory.ldaps}`,
      AUTH_LDAP_TIMEOUT: '2',
    });
    const slow = await timed(login(app));
    expect(slow.answer.status).toBe(200);
    const fast = await timed(login(app));
    expect(fast.answer.status).toBe(200);
    expect(fast.ms).toBeLessThan(900);
    await first.close();
  });

  it('refuses a name that two entries have', async () => {
    const filter = '(|(uid=%(user)s)(mail=%(user)s))';
    await directory.addPerson('twin1', { mail: 'twin@example.org' });
    await directory.addPerson('twin2', { mail: 'twin@example.org' });
    const app = await startApp({ AUTH_LDAP_USER_SEARCH_FILTER: filter });
    expect((await login(app, 'twin1')).status).toBe(200);
    expect((await login(app, 'twin@example.org')).status).toBe(400);
    expect(app.logs.join('')).toContain('more than one entry matches');
  });

  it('lets in only members of the required group, and nobody whose entry is disabled', async () => {
    const ben = await directory.addPerson('ben', {
      objectClass: ['inetOrgPerson', 'posixAccount', 'windowsPerson'],
    });
    const cleo = await directory.addPerson('cleo');
    const app = await startApp({ AUTH_LDAP_REQUIRE_GROUP: `cn=cvat,${GROUPS}` });
    await directory.setGroup('cvat', [ben]);
    expect((await login(app, 'ben')).status).toBe(200);
    expect((await login(app, 'cleo')).status).toBe(400);
    await directory.setGroup('cvat', [ben, cleo]);
    expect((await login(app, 'cleo')).status).toBe(200);
    await directory.change(ben, { userAccountControl: '514' });
    expect((await login(app, 'ben')).status).toBe(400);
    expect(app.logs.join('')).toContain('the entry is disabled');
  });

  it('keeps its connections, few of them, and takes new ones when they were cut', async () => {
    const proxy = await startTcpProxy(Number(new URL(directory.ldaps).port));
    const app = await startApp({
      AUTH_LDAP_SERVER_URI: `ldaps://localhost:${proxy.port}`,
      AUTH_LDAP_TIMEOUT: '10',
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
