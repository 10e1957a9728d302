import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { HOST, hasProxy, PROXIES, type RunningProxy, startProxy } from './proxies.js';

/** The settings of docs/deployment.md in the proxies themselves, in front of this server. */

/** What a client makes up about itself; some proxies removed what `Connection` names after they had set it. */
const FORGED: Readonly<Record<string, string>> = {
  'X-Forwarded-For': '6.6.6.6',
  'X-Forwarded-Host': 'evil.example',
  'X-Forwarded-Proto': 'http',
  'X-Real-IP': '6.6.6.6',
  Forwarded: 'for=6.6.6.6;host=evil.example;proto=http',
};
const HOP_BY_HOP = { Connection: 'close, X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto' };

describe.each(PROXIES)('behind %s', (name) => {
  describe.skipIf(!hasProxy(name))('with the documented settings', () => {
    let app: TestApp;
    let proxy: RunningProxy;
    let person: TestAccount;

    beforeAll(async () => {
      app = await createTestApp({ env: { PUBLIC_URL: `https://${HOST}`, THROTTLE_ANON: '3/minute' } });
      person = await app.register();
      proxy = await startProxy(name, {
        document: 'deployment.md',
        ports: { 8080: Number(new URL(app.url).port) },
      });
    });
    afterAll(async () => {
      await proxy?.stop();
      await app?.close();
    });

    const lastClient = (): unknown => {
      const lines = app.logs.map((line) => JSON.parse(line) as { msg: string; client?: string });
      return lines.findLast(({ msg }) => msg === 'request')?.client;
    };
    const selfUrl = async (headers: Readonly<Record<string, string>> = {}): Promise<unknown> => {
      const answer = await proxy.send('/api/users/self', {
        headers: { ...person.authorization, ...headers },
      });
      return (JSON.parse(answer.text) as { url?: string }).url;
    };

    it('a browser signs in, and changes something with its cookies', async () => {
      const { username, password } = person;
      const login = await proxy.send('/api/auth/login', { method: 'POST', body: { username, password } });
      expect(login.status).toBe(200);
      const cookies = login.setCookies.map((line) => line.split(';')[0] ?? '');
      expect(login.setCookies.filter((line) => line.includes('; Secure')).length).toBe(cookies.length);
      const csrf =
        cookies.find((cookie) => cookie.startsWith('csrftoken='))?.slice('csrftoken='.length) ?? '';
      const headers = { Cookie: cookies.join('; '), 'X-CSRFToken': csrf, Origin: proxy.url };
      const change = (more: Readonly<Record<string, string>> = {}) =>
        proxy.send(`/api/users/${person.id}`, {
          method: 'PATCH',
          headers: { ...headers, ...more },
          body: { first_name: 'Ann' },
        });
      expect((await change()).status).toBe(200);
      // Of another scheme or host: the server knows under which it was asked.
      expect((await change({ Origin: `http://${new URL(proxy.url).host}` })).status).toBe(403);
      expect((await change({ Origin: 'https://evil.example' })).status).toBe(403);
    });

    it('scheme and host are those of the address that was asked for', async () => {
      const address = `${proxy.url}/api/users/${person.id}`;
      expect(await selfUrl()).toBe(address);
      expect(await selfUrl(FORGED)).toBe(address);
      expect(await selfUrl(HOP_BY_HOP)).toBe(address);
    });

    it('the client has its own address, and not the one that it makes up', async () => {
      for (const headers of [{}, FORGED, HOP_BY_HOP, { ...FORGED, ...HOP_BY_HOP }]) {
        await proxy.send('/api/users/self', { headers, from: '127.0.0.7' });
        expect(lastClient()).toBe('127.0.0.7');
      }
    });

    it('limits count the client, whatever address it makes up', async () => {
      const statuses: number[] = [];
      for (let host = 1; host <= 5; host += 1) {
        const headers = { 'X-Forwarded-For': `203.0.113.${host}` };
        statuses.push((await proxy.send('/api/server/about', { headers, from: '127.0.0.8' })).status);
      }
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
      expect((await proxy.send('/api/server/about', { from: '127.0.0.9' })).status).toBe(200);
    });
  });
});
