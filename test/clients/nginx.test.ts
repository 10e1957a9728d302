import { request as httpsRequest } from 'node:https';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { send } from '../support/http.js';
import { installClients, runCli } from '../support/python.js';
import { rawRequest, sendRaw } from '../support/raw.js';
import { AMBIGUOUS, EMPTY_CHUNKS, HIDDEN, HOST, JSON_TYPE, POST } from '../support/smuggling.js';
import { documentedSettings, startNginx, startStandIn } from './nginx.js';
import { hasProxy } from './proxies.js';

/** The settings of docs/with-cvat.md in Debian's nginx, before this server and something that stands for CVAT. */

let app: TestApp;
let cvat: Awaited<ReturnType<typeof startStandIn>>;
let nginx: Awaited<ReturnType<typeof startNginx>>;
let person: TestAccount;

const IDENTITY = ['auth/access_tokens', 'users', 'users/self', 'organizations', 'memberships', 'invitations'];
const ELSEWHERE = [
  '/',
  '/tasks',
  '/api/tasks',
  '/api/requests',
  '/api/server/about',
  '/api/server/health/?format=json',
  '/api/schema/?scheme=json',
  '/api/usersandmore',
  '/api/authority',
  '/static/logo.svg',
];

interface Line {
  readonly msg: string;
  readonly path: string;
  readonly client: string;
}

/** Requests that reached this server. */
const served = (): readonly Line[] =>
  app.logs.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request');
const isStandIn = (text: string): boolean => text.includes('"stands_for":"CVAT"');

/** What nginx reads in a way of its own, and writes anew for those behind it. */
const LENIENCY: ReadonlySet<string> = new Set([
  'a header without a colon',
  'lines that end in a bare line feed',
  'a chunk that ends in a bare line feed',
]);
const REFUSED = AMBIGUOUS.filter(([what]) => !LENIENCY.has(what));
const MENDED = AMBIGUOUS.filter(([what]) => LENIENCY.has(what));

describe.skipIf(!hasProxy('nginx'))('behind nginx', () => {
  beforeAll(async () => {
    [app, cvat] = await Promise.all([createTestApp(), startStandIn()]);
    person = await app.register();
    nginx = await startNginx({ identity: Number(new URL(app.url).port), cvat: cvat.port });
  });
  afterAll(async () => {
    await nginx?.stop();
    await cvat?.close();
    await app?.close();
  });
  beforeEach(() => void cvat.seen.splice(0));

  it.each(IDENTITY)('/api/%s is here with credentials of a header, and at CVAT without', async (name) => {
    const here = await send(nginx.url, `/api/${name}`, { headers: person.authorization });
    expect([here.status, isStandIn(here.text)]).toEqual([200, false]);
    expect(cvat.seen).toEqual([]);
    const there = await send(nginx.url, `/api/${name}`, { headers: { Cookie: 'sessionid=of-cvat' } });
    expect([there.status, isStandIn(there.text)]).toEqual([200, true]);
    expect(cvat.seen).toMatchObject([{ url: `/api/${name}`, headers: { cookie: 'sessionid=of-cvat' } }]);
  });

  it.each(ELSEWHERE)('%s is at CVAT, whatever the credentials', async (address) => {
    for (const headers of [{}, person.authorization])
      expect(isStandIn((await send(nginx.url, address, { headers })).text)).toBe(true);
    expect(cvat.seen.map(({ url }) => url)).toEqual([address, address]);
  });

  it('links of mails that only this server sends come here without credentials', async () => {
    const answer = await send(nginx.url, '/api/auth/confirm-email-change/nothing/');
    expect(answer.headers.location).toContain('/auth/incorrect-email-confirmation');
    expect((await send(nginx.url, '/account/assets/nothing.css')).status).toBe(404);
    expect(cvat.seen).toEqual([]);
  });

  it('paths in disguise do not change sides between nginx and who answers', async () => {
    const before = served().length;
    const disguised = ['/api/tasks/../users', '/api/%75sers', '/api//users', '/api/tasks/%2e%2e/users'];
    for (const address of disguised) {
      const answer = await send(nginx.url, address, { headers: person.authorization });
      expect([address, [200, 404]]).toEqual([address, expect.arrayContaining([answer.status])]);
      expect(isStandIn(answer.text)).toBe(false);
    }
    expect(served().length - before).toBe(disguised.length);
  });

  it('the address of the client arrives, and not the one that it makes up', async () => {
    await send(nginx.url, '/api/users/self', {
      headers: { ...person.authorization, 'X-Forwarded-For': '6.6.6.6', Forwarded: 'for=6.6.6.6' },
      from: '127.0.0.7',
    });
    expect(served().at(-1)?.client).toBe('127.0.0.7');
  });

  it('scheme and host arrive: links are those of the address that was asked for', async () => {
    const { url: secure } = (await ask(`${nginx.secureUrl}/api/users/self`)) as { url: string };
    expect(secure).toBe(`${nginx.secureUrl}/api/users/${person.id}`);
    const headers = {
      ...person.authorization,
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'evil.example',
    };
    const { url } = (await send(nginx.url, '/api/users/self', { headers })).json() as { url: string };
    expect(url).toBe(`${nginx.url}/api/users/${person.id}`);
  });

  it('cookies, bodies and all four methods pass', async () => {
    const { authorization: headers } = person;
    const at = (method: string, address: string, body?: unknown) =>
      send(nginx.url, address, { method, headers, ...(body === undefined ? {} : { body }) });
    const created = await at('POST', '/api/organizations', { slug: 'proxied' });
    const { id } = created.json() as { id: number };
    expect(created.status).toBe(201);
    expect((await at('PATCH', `/api/organizations/${id}`, { name: 'By nginx' })).status).toBe(200);
    expect((await at('DELETE', `/api/organizations/${id}`)).status).toBe(204);
    expect(cvat.seen).toEqual([]);
  });

  it('a token made here reaches CVAT as well, and cvat-cli lists its tasks with it', async ({ skip }) => {
    const bin = installClients();
    if (bin === undefined) return skip('CVAT’s clients are not installed');
    const made = await send(nginx.url, '/api/auth/access_tokens', {
      method: 'POST',
      headers: person.authorization,
      body: { name: 'cli' },
    });
    const { value } = made.json() as { value: string };
    const { hostname, port } = new URL(nginx.url);
    const args = ['--server-host', `http://${hostname}`, '--server-port', port, 'task', 'ls'];
    const { code, stdout } = await runCli(bin, args, { CVAT_ACCESS_TOKEN: value });
    expect([code, stdout]).toEqual([0, '']);
    const listed = cvat.seen.find(({ url }) => url.startsWith('/api/tasks'));
    expect(listed?.headers.authorization).toBe(`Bearer ${value}`);
  });

  describe('a request with', () => {
    /** The same, with credentials of a header, so that it comes here. */
    const toUs = (bytes: string): string => bytes.replace(POST, `${POST}\r\nAuthorization: Token none`);
    const count = (): number => served().length + cvat.seen.length;

    it.each(REFUSED)('%s is refused by nginx, and reaches nobody', async (_what, bytes) => {
      const before = count();
      const answer = await sendRaw(nginx.url, toUs(bytes));
      expect([[400], [501], [505]]).toContainEqual(answer.statuses);
      expect([answer.closed, count() - before]).toEqual([true, 0]);
    });

    it.each(MENDED)(
      '%s is mended by nginx: who answers sees the requests that nginx does',
      async (_what, bytes) => {
        const [before, passedBefore] = [count(), nginx.passedOn()];
        const answer = await sendRaw(nginx.url, toUs(bytes));
        expect(answer.statuses).toEqual([401, 200]);
        await expect.poll(() => [count() - before, nginx.passedOn() - passedBefore]).toEqual([2, 2]);
      },
    );

    it('an upgrade and a body is one request, without the upgrade', async () => {
      const lines = [
        POST,
        'Authorization: Token none',
        HOST,
        JSON_TYPE,
        'Connection: Upgrade',
        'Upgrade: h2c',
      ];
      const before = served().length;
      const answer = await sendRaw(nginx.url, rawRequest([...lines, 'Content-Length: 2'], `{}${HIDDEN}`));
      expect(answer.statuses).toEqual([401, 200]);
      expect([served().length - before, cvat.seen.length]).toEqual([1, 1]);
    });

    it('an extension of a chunk is one request', async () => {
      const lines = [POST, 'Authorization: Token none', HOST, JSON_TYPE, 'Transfer-Encoding: chunked'];
      const answer = await sendRaw(nginx.url, rawRequest(lines, `2;a=b\r\n{}\r\n${EMPTY_CHUNKS}`));
      expect(answer.statuses).toEqual([401]);
    });
  });

  async function ask(address: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const options = { headers: person.authorization, ca: nginx.certificate };
      httpsRequest(address, options, (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
      })
        .on('error', reject)
        .end();
    });
  }
});

describe('the settings of Traefik', () => {
  interface Traefik {
    readonly http: {
      readonly routers: Readonly<Record<string, { rule: string; service: string; priority: number }>>;
      readonly services: Readonly<Record<string, { loadBalancer: { servers: { url: string }[] } }>>;
    };
  }

  it('route what the settings of nginx route', () => {
    const { http } = parse(documentedSettings('traefik')) as Traefik;
    const nginxSettings = documentedSettings('nginx');
    const [, paths] = /location ~ (\S+) \{/.exec(nginxSettings) ?? [];
    const links = [...nginxSettings.matchAll(/location \^~ (\S+) \{/g)].map(([, link]) => link);
    const [, host] = /server_name (\S+);/.exec(nginxSettings) ?? [];
    expect([paths, host]).not.toContain(undefined);
    expect(links).toHaveLength(2);
    expect(http.routers['identity']?.rule).toBe(
      `Host(\`${host}\`) && PathRegexp(\`${paths}\`) && HeaderRegexp(\`Authorization\`, \`.\`)`,
    );
    const prefixes = links.map((link) => `PathPrefix(\`${link}\`)`).join(' || ');
    expect(http.routers['identity-links']?.rule).toBe(`Host(\`${host}\`) && (${prefixes})`);
    for (const { service, priority } of Object.values(http.routers)) {
      expect(Object.keys(http.services)).toContain(service);
      // Before CVAT's own routers, whose rules are of the length that Traefik otherwise counts.
      expect(priority).toBeGreaterThan(500);
    }
    const [{ url = '' } = {}] = http.services['identity']?.loadBalancer.servers ?? [];
    expect(nginxSettings).toContain(`server ${new URL(url).host};`);
  });
});
