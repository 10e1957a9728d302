import { describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { changeUser, setGroups } from '../../support/rows.js';
import { createVisitor } from '../../support/visitor.js';

/** What all pages have in common. */

const app = useTestApp({ env: { SITE_NAME: 'Lab & Söhne <b>' } });

const OPEN_PAGES = [
  '/',
  '/account/sign-in',
  '/account/register',
  '/account/register/waiting',
  '/account/verification-sent',
  '/account/confirmed',
  '/account/link-wrong',
  '/account/reset',
  '/account/reset/confirm?uid=1&token=x',
  '/account/invitation?invitation=x&email=a%40b.example',
];
const OWN_PAGES = [
  '/account',
  '/account/security',
  '/account/security/authenticator',
  '/account/tokens',
  '/account/organizations',
  '/account/organizations/lab',
  '/account/sign-out',
  '/account/admin/people',
  '/account/admin/people/new',
  '/account/admin/people/1',
  '/account/admin/organizations',
  '/account/admin/invitations',
  '/account/admin/server',
];

let owner: Promise<TestAccount> | undefined;

/** A person with everything that their pages need: superusers see those of others, and their own. */
async function prepareOwner(): Promise<TestAccount> {
  const person = await app.register();
  await app.send('/api/organizations', {
    method: 'POST',
    headers: person.authorization,
    body: { slug: 'lab' },
  });
  await changeUser(app.db, person.id, { isSuperuser: true });
  await setGroups(app.db, person.id, ['admin']);
  return person;
}

async function signedIn() {
  owner ??= prepareOwner();
  const { username, password } = await owner;
  const visitor = createVisitor(app);
  await visitor.signIn(username, password);
  return visitor;
}

describe('every page', () => {
  it('runs nothing of others, is framed by nobody, kept by nobody, and names no other site', async () => {
    const visitor = await signedIn();
    const stranger = createVisitor(app);
    for (const [address, by] of [
      ...OPEN_PAGES.map((address) => [address, stranger] as const),
      ...OWN_PAGES.map((address) => [address, visitor] as const),
    ]) {
      const { status, answer, root } = await by.open(address);
      expect([address, status]).toEqual([address, 200]);
      expect(answer.headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(answer.headers['x-frame-options']).toBe('DENY');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['referrer-policy']).toBe('same-origin');
      expect(answer.text).not.toMatch(
        / style="|<style|javascript:| on\w+="|(?:src|href|action)="(?:https?:)?\/\//,
      );
      expect(root.querySelectorAll('script:not([src])')).toEqual([]);
      expect(root.querySelectorAll('h1')).toHaveLength(1);
    }
  });

  it('has no dead link, and no form without its token', async () => {
    const visitor = await signedIn();
    const seen = new Set<string>();
    const waiting = [...OPEN_PAGES, ...OWN_PAGES].filter((address) => !address.includes('invitation='));
    for (let address = waiting.pop(); address !== undefined; address = waiting.pop()) {
      if (seen.has(address)) continue;
      seen.add(address);
      const { status, root } = await visitor.open(address);
      expect([address, status]).not.toEqual([address, 404]);
      for (const form of root.querySelectorAll('form[method=post]'))
        expect(form.querySelector('[name=csrfmiddlewaretoken]')).not.toBeNull();
      const links = root.querySelectorAll('a[href], link[href], script[src], img[src]');
      for (const link of links) {
        const target = link.getAttribute('href') ?? link.getAttribute('src') ?? '';
        if (target.startsWith('/')) waiting.push(target);
      }
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  it('shows markup in names as text', async () => {
    const visitor = await signedIn();
    const page = await visitor.press('names', {
      first_name: '<img src=x onerror=alert(1)>',
      last_name: '"\'>',
    });
    expect(page.root.querySelectorAll('img[src=x]')).toEqual([]);
    expect(page.answer.text).toContain('&lt;img src=x');
    expect(page.answer.text).toContain('Lab &amp; Söhne &lt;b>');
  });

  it('loads its files once: their names change with their content', async () => {
    const { root } = await createVisitor(app).open('/account/sign-in');
    for (const file of ['link[rel=stylesheet]', 'script', 'link[rel=icon]'].map((what) =>
      root.querySelector(what),
    )) {
      const name = file?.getAttribute('href') ?? file?.getAttribute('src') ?? '';
      expect(name).toMatch(/^\/account\/assets\/\w+\.[0-9a-f]{12}\.\w+$/);
      const answer = await app.send(name, { headers: { 'Accept-Encoding': 'gzip' } });
      expect([name, answer.status]).toEqual([name, 200]);
      expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    }
  });

  it('is 50 KB at most with everything it loads', async () => {
    const visitor = await signedIn();
    for (const address of [...OPEN_PAGES, ...OWN_PAGES]) {
      const { root } = await visitor.open(address);
      const files = root
        .querySelectorAll('link[href], script[src], img[src]')
        .map((file) => file.getAttribute('href') ?? file.getAttribute('src') ?? '');
      const answers = await Promise.all(
        [address, ...new Set(files)].map((file) =>
          visitor.browser.send(file, { headers: { 'Accept-Encoding': 'gzip' } }),
        ),
      );
      const bytes = answers.map(({ headers }) => Number(headers['content-length']));
      expect([address, bytes.every((size) => size >= 0)]).toEqual([address, true]);
      expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(50 * 1024);
    }
  });

  it('is a 404 below /account for what is not there, and for other methods', async () => {
    expect((await app.send('/account/nothing')).status).toBe(404);
    expect((await app.send('/account', { method: 'DELETE' })).status).toBe(404);
    expect((await app.send('/account/')).headers.location).toBe('/account');
  });
});

describe('the language of a page', () => {
  it.each([
    ['de-AT, en;q=0.5', 'de', 'Bei Lab & Söhne <b> anmelden'],
    ['fr, zh-CN;q=0.8, en;q=0.5', 'zh-Hans', '登录 Lab & Söhne <b>'],
    ['zh-TW, en;q=0.5', 'en', 'Sign in to Lab & Söhne <b>'],
    ['fr', 'en', 'Sign in to Lab & Söhne <b>'],
    ['*', 'en', 'Sign in to Lab & Söhne <b>'],
    ['not a language!', 'en', 'Sign in to Lab & Söhne <b>'],
  ])('is what the browser asks for with %s', async (accepted, language, title) => {
    const page = await createVisitor(app, { 'Accept-Language': accepted }).open('/account/sign-in');
    expect([page.root.querySelector('html')?.getAttribute('lang'), page.title]).toEqual([language, title]);
    expect(page.answer.headers['content-language']).toBe(language);
  });

  it('is the one that the person chose, on the page where they chose it', async () => {
    const visitor = createVisitor(app, { 'Accept-Language': 'en' });
    await visitor.open('/account/reset?done=sent');
    const page = await visitor.press('de');
    expect([page.address, page.title]).toEqual(['/account/reset?done=sent', 'Sieh in deine Mails']);
    expect((await visitor.open('/account/sign-in')).title).toBe('Bei Lab & Söhne <b> anmelden');
  });
});
