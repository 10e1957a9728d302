import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { freePort } from '../support/services.js';
import { HOST, hasProxy, PROXIES, type RunningProxy, startProxy } from './proxies.js';

/** The settings of docs/forward-auth.md in the proxies themselves: a program that knows nothing of accounts behind each. */

interface Reached {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a client claims to be. */
const CLAIMS = {
  'Remote-User': 'admin',
  'Remote-Email': 'admin@example.org',
  'Remote-Groups': 'admin',
  'Remote-Name': 'The Boss',
};
const FORGED = {
  'X-Forwarded-Method': 'GET',
  'X-Forwarded-Uri': '/elsewhere',
  'X-Forwarded-Host': 'evil.example',
};

describe.each(PROXIES)('behind %s', (name) => {
  describe.skipIf(!hasProxy(name))('with the documented settings', () => {
    let app: TestApp;
    let program: Server;
    let proxy: RunningProxy;
    let person: TestAccount;
    let cookies: string;
    let env: Readonly<Record<string, string>>;
    const reached: Reached[] = [];

    beforeAll(async () => {
      const port = await freePort();
      env = { PUBLIC_URL: `https://${HOST}:${port}`, FORWARD_AUTH_HOSTS: HOST };
      app = await createTestApp({ env });
      person = await app.register();
      program = createServer((req, res) => {
        reached.push({ method: req.method ?? '', url: req.url ?? '', headers: req.headers });
        res.end('a report');
      });
      await new Promise<void>((resolve) => program.listen(0, '127.0.0.1', resolve));
      proxy = await startProxy(name, {
        document: 'forward-auth.md',
        port,
        ports: {
          8080: Number(new URL(app.url).port),
          3000: (program.address() as AddressInfo).port,
        },
      });
      const { username, password } = person;
      const login = await proxy.send('/api/auth/login', { method: 'POST', body: { username, password } });
      cookies = login.setCookies.map((line) => line.split(';')[0]).join('; ');
    });
    afterAll(async () => {
      await proxy?.stop();
      program?.close();
      await app?.close();
    });

    const last = (): Reached | undefined => reached.at(-1);
    const remoteOf = (one: Reached | undefined) =>
      Object.fromEntries(
        Object.entries(one?.headers ?? {}).filter(([header]) => /^(remote|x-auth-request)-/.test(header)),
      );
    const MINE = () => ({
      'remote-user': person.username,
      'remote-email': person.email,
      'remote-groups': 'user',
    });

    it('a person in a session comes through, and the program learns who it is', async () => {
      const answer = await proxy.send('/reports/7?a=1&b=%20', { headers: { Cookie: cookies } });
      expect([answer.status, answer.text]).toEqual([200, 'a report']);
      expect(last()).toMatchObject({ method: 'GET', url: '/reports/7?a=1&b=%20', headers: MINE() });
    });

    it('a program comes through with each kind of credentials', async () => {
      for (const headers of [person.authorization, person.basic]) {
        expect((await proxy.send('/reports/', { method: 'POST', headers, body: { x: 1 } })).status).toBe(200);
        expect(last()).toMatchObject({ method: 'POST', headers: MINE() });
      }
    });

    it('what a client claims to be does not come through', async () => {
      const headers = { ...person.authorization, ...CLAIMS, ...FORGED };
      expect((await proxy.send('/reports/', { headers })).status).toBe(200);
      expect(remoteOf(last())).toMatchObject(MINE());
      expect(JSON.stringify(remoteOf(last()))).not.toContain('admin');
    });

    it('nobody comes through without credentials, or with those of nobody', async () => {
      const before = reached.length;
      const unknown = { Authorization: `Token ${'0'.repeat(40)}` };
      for (const headers of [CLAIMS, unknown, { Cookie: `sessionid=${'a'.repeat(32)}` }])
        expect([401, 403]).toContain((await proxy.send('/reports/', { headers })).status);
      expect(reached).toHaveLength(before);
    });

    it('a browser is led to the page to sign in, and from there back', async () => {
      const answer = await proxy.send('/reports/7?a=1&b=2', { headers: { Accept: 'text/html' } });
      const wanted = `${proxy.url}/account/sign-in?next=${encodeURIComponent('/reports/7?a=1&b=2')}`;
      expect([answer.status, answer.location]).toEqual([302, wanted]);
    });

    it('the form of another site does not come through in a session, and that of its own does', async () => {
      const send = (origin: string) =>
        proxy.send('/reports/', {
          method: 'POST',
          headers: { Cookie: cookies, Origin: origin },
          body: { x: 1 },
        });
      const before = reached.length;
      expect([401, 403]).toContain((await send('https://evil.example.com')).status);
      expect(reached).toHaveLength(before);
      expect((await send(proxy.url)).status).toBe(200);
    });

    it('nothing comes through while this server is away, and it heals by itself', async () => {
      const before = reached.length;
      const { port } = new URL(app.url);
      await app.close();
      const answer = await proxy.send('/reports/', { headers: person.authorization });
      expect(answer.status).toBeGreaterThanOrEqual(500);
      expect(reached).toHaveLength(before);
      app = await createTestApp({ env: { ...env, PORT: port } });
    });
  });
});
