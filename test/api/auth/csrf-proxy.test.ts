import { beforeAll, describe, expect, it } from 'vitest';
import { type TestApp, useTestApp } from '../../support/app.js';
import { maskCsrf } from '../../support/csrf.js';

/** The CSRF check behind a proxy that ends TLS: requests come from loopback, which is trusted by default. */

type Headers = Readonly<Record<string, string>>;
const PASSED = 405;
const HTTPS = { 'X-Forwarded-Proto': 'https' };

let signedIn: Headers;

async function signIn(to: TestApp): Promise<Headers> {
  const { username, password } = await to.register();
  const browser = to.browser();
  await browser.send('/api/auth/login', { method: 'POST', body: { username, password } });
  return {
    Cookie: browser.cookieHeader(),
    'X-CSRFToken': maskCsrf(browser.jar.get('csrftoken') ?? '', 'm'.repeat(32)),
  };
}

const app = useTestApp({
  env: { ALLOWED_HOSTS: '*', CSRF_TRUSTED_ORIGINS: 'https://ui.example.org,https://*.example.net:8443' },
});
beforeAll(async () => {
  signedIn = await signIn(app);
});

const post = (headers: Headers) =>
  app.send('/api/users/self', { method: 'POST', headers: { ...signedIn, ...headers } });

async function expectRefusal(headers: Headers, reason: string): Promise<void> {
  const answer = await post(headers);
  expect(answer.json()).toEqual({ detail: `CSRF Failed: ${reason}` });
  expect(answer.status).toBe(403);
}

describe('a request over https', () => {
  const from = (referer: string) => ({ ...HTTPS, Host: 'cvat.example.org', Referer: referer });

  it.each([
    'https://cvat.example.org/',
    'https://cvat.example.org/tasks?page=1#top',
    'https://cvat.example.org',
    'HTTPS://cvat.example.org/',
    'https://ui.example.org/anything',
    'https://deep.example.net:8443/',
    'https://example.net:8443/',
  ])('passes with the Referer %s', async (referer) => {
    expect((await post(from(referer))).status).toBe(PASSED);
  });

  it('is refused without a Referer', () =>
    expectRefusal({ ...HTTPS, Host: 'cvat.example.org' }, 'Referer checking failed - no Referer.'));

  it.each([
    '',
    'nonsense',
    '//cvat.example.org/',
    '/path',
    'https:/cvat.example.org',
    'https://',
    'about:blank',
    'https://[::1',
  ])('is refused with the malformed Referer %j', (referer) =>
    expectRefusal(from(referer), 'Referer checking failed - Referer is malformed.'),
  );

  it.each(['http://cvat.example.org/', 'ftp://cvat.example.org/'])(
    'is refused with the insecure Referer %s',
    (referer) =>
      expectRefusal(from(referer), 'Referer checking failed - Referer is insecure while host is secure.'),
  );

  it.each([
    'https://evil.example/',
    'https://cvat.example.org.evil.example/',
    'https://cvat.example.org@evil.example/',
    'https://cvat.example.org:444/',
    'https://evilcvat.example.org/',
    'https://ui.example.org:444/',
    'https://deep.example.net/',
    'https://evilexample.net:8443/',
    'https://evil.example/?https://cvat.example.org/',
    'https://evil.example\\.cvat.example.org/',
  ])('is refused with the foreign Referer %s', (referer) =>
    expectRefusal(from(referer), `Referer checking failed - ${referer} does not match any trusted origins.`),
  );

  it('is judged by its Origin alone when it has one', async () => {
    const headers = { ...from('https://evil.example/'), Origin: 'https://cvat.example.org' };
    expect((await post(headers)).status).toBe(PASSED);
    await expectRefusal(
      { ...from('https://cvat.example.org/'), Origin: 'http://cvat.example.org' },
      'Origin checking failed - http://cvat.example.org does not match any trusted origins.',
    );
  });

  it('has its Referer checked before its cookie', () =>
    expectRefusal(
      { ...HTTPS, Cookie: signedIn['Cookie']?.replace(/csrftoken=\w+/, '') ?? '' },
      'Referer checking failed - no Referer.',
    ));
});

describe('X-Forwarded-Proto', () => {
  it.each(['https', ' https ', 'https,http', 'https , http'])('%j means https', (value) =>
    expectRefusal({ 'X-Forwarded-Proto': value }, 'Referer checking failed - no Referer.'),
  );

  it.each(['http', 'HTTPS', 'http,https', 'wss', ''])('%j does not', async (value) => {
    expect((await post({ 'X-Forwarded-Proto': value })).status).toBe(PASSED);
  });

  it('counts for the scheme of the own Origin', async () => {
    const { host } = new URL(app.url);
    expect((await post({ ...HTTPS, Origin: `https://${host}` })).status).toBe(PASSED);
    await expectRefusal(
      { ...HTTPS, Origin: `http://${host}` },
      `Origin checking failed - http://${host} does not match any trusted origins.`,
    );
  });
});

describe('X-Forwarded-Host', () => {
  const forwarded = { 'X-Forwarded-Host': 'public.example.org:8443', Host: 'inner:8080' };

  it('is the own host, with its port', async () => {
    expect((await post({ ...forwarded, Origin: 'http://public.example.org:8443' })).status).toBe(PASSED);
    await expectRefusal(
      { ...forwarded, Origin: 'http://inner:8080' },
      'Origin checking failed - http://inner:8080 does not match any trusted origins.',
    );
    const secure = { ...forwarded, ...HTTPS };
    expect((await post({ ...secure, Referer: 'https://public.example.org:8443/' })).status).toBe(PASSED);
    expect((await post({ ...secure, Referer: 'https://public.example.org/' })).status).toBe(403);
  });

  it('does not get its port from X-Forwarded-Port', () =>
    expectRefusal(
      {
        'X-Forwarded-Host': 'public.example.org',
        'X-Forwarded-Port': '8443',
        Origin: 'http://public.example.org:8443',
      },
      'Origin checking failed - http://public.example.org:8443 does not match any trusted origins.',
    ));
});

describe('from a peer that is no trusted proxy', () => {
  let session: Headers;
  const far = useTestApp({ env: { TRUSTED_PROXIES: '10.0.0.0/8', ALLOWED_HOSTS: '*' } });
  beforeAll(async () => {
    session = await signIn(far);
  });
  const send = (headers: Headers) =>
    far.send('/api/users/self', { method: 'POST', headers: { ...session, ...headers } });

  it('X-Forwarded-Proto changes nothing', async () => {
    expect((await send(HTTPS)).status).toBe(PASSED);
  });

  it('X-Forwarded-Host makes no foreign Origin the own one', async () => {
    const answer = await send({ 'X-Forwarded-Host': 'evil.example', Origin: 'http://evil.example' });
    expect(answer.status).toBe(403);
  });
});
