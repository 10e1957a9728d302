import { describe, expect, it } from 'vitest';
import { PATHS } from '../../../src/features/pages/paths.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { codeAt } from '../../support/factor-actions.js';
import { createVisitor, type ShownPage } from '../../support/visitor.js';

/** People who have to set up a second factor: they are led there, and can do nothing else meanwhile. */

const app = useTestApp({ env: { MFA_REQUIRED: 'all' } });

const secretIn = ({ root }: ShownPage): string =>
  root.querySelector('code.key')?.text.replaceAll(' ', '') ?? '';

async function enter(query = '') {
  const account: TestAccount = await app.register();
  const visitor = createVisitor(app);
  const page = await visitor.signIn(account.username, account.password, query);
  return { account, visitor, page };
}

describe('The page to sign in', () => {
  it('leads people without a second factor to the page where they set one up', async () => {
    const { page } = await enter();
    expect([page.status, page.address, page.title]).toEqual([200, PATHS.enrol, 'Protect your account']);
    expect(page.root.querySelector(`a[href="${PATHS.authenticator}"]`)).not.toBeNull();
  });

  it('goes on with a sign-in that began in the user interface of CVAT', async () => {
    const account = await app.register();
    const visitor = createVisitor(app);
    const { username, password } = account;
    const answer = await visitor.browser.send('/api/auth/login', {
      method: 'POST',
      body: { username, password },
    });
    const [sentence = ''] = (answer.json() as { non_field_errors: string[] }).non_field_errors;
    const link = /\]\((.+)\)/.exec(sentence)?.[1] ?? '';
    const { pathname, search } = new URL(link);
    const page = await visitor.open(pathname + search);
    expect(page.title).toBe('Protect your account');
    expect((await visitor.press('enrol')).address).toBe(PATHS.enrol);
  });

  it('opens no session for people whose sign-in did not begin in this browser', async () => {
    const visitor = createVisitor(app);
    await visitor.open(`${PATHS.signIn}?step=enrol`);
    const page = await visitor.press('enrol');
    expect([page.status, page.words]).toEqual([400, expect.stringContaining('Sign in again.')]);
    expect(visitor.browser.jar.has('sessionid')).toBe(false);
  });
});

describe('A person who has to set up a second factor', () => {
  it.each([PATHS.account, PATHS.security, PATHS.tokens, PATHS.organizations, PATHS.people, PATHS.export])(
    'is led from %s to the page where they do, and comes back afterwards',
    async (path) => {
      const { visitor } = await enter();
      const page = await visitor.open(path);
      expect(page.address).toBe(`${PATHS.enrol}?next=${encodeURIComponent(path)}`);
    },
  );

  it('sets up an app, keeps the recovery codes, and goes on to the page that was wanted', async () => {
    const { visitor, page: start } = await enter('?next=/account/tokens');
    const link =
      start.root.querySelector(`main a[href^="${PATHS.authenticator}"]`)?.getAttribute('href') ?? '';
    await visitor.open(link);
    expect(visitor.page().root.querySelector('nav a[href="/account/tokens"]')).toBeNull();
    const begun = await visitor.press('begin');
    const secret = secretIn(begun);
    const wrong = await visitor.press('confirm', { code: '000000' });
    expect(wrong.words).toContain('The code is wrong or too old');
    const done = await visitor.press('confirm', { code: codeAt(secret, app.clock.now()) });
    expect(done.words).toContain('Your authenticator app is set up.');
    const onward = done.root.querySelector('main .actions > a.button')?.getAttribute('href') ?? '';
    expect(onward).toBe('/account/tokens');
    expect([(await visitor.open(onward)).status, visitor.page().address]).toEqual([200, '/account/tokens']);
    // There is nothing left to set up.
    expect((await visitor.open(PATHS.enrol)).address).toBe(PATHS.security);
  });

  it('is led to no other site afterwards', async () => {
    const { visitor } = await enter();
    const page = await visitor.open(`${PATHS.enrol}?next=https://evil.example.com/`);
    expect(page.root.querySelector(`main a[href^="${PATHS.authenticator}"]`)?.getAttribute('href')).toBe(
      PATHS.authenticator,
    );
  });

  it('can sign out', async () => {
    const { visitor } = await enter();
    expect((await visitor.open(PATHS.signOut)).status).toBe(200);
    const page = await visitor.press('sign-out');
    expect([page.status, page.address]).toEqual([200, `${PATHS.signIn}?done=signed-out`]);
    expect((await visitor.browser.send('/api/auth/factors')).status).toBe(401);
  });

  it('is led there by a form that they sent, which did nothing', async () => {
    const { visitor } = await enter();
    const { browser } = visitor;
    const token = await browser.send(PATHS.enrol);
    expect(token.status).toBe(200);
    const answer = await browser.send(PATHS.tokens, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(
        new URLSearchParams({
          csrfmiddlewaretoken: browser.jar.get('csrftoken') ?? '',
          do: 'create',
          name: 'x',
        }),
      ),
    });
    expect([answer.status, answer.headers.location]).toEqual([
      303,
      `${PATHS.enrol}?next=${encodeURIComponent(PATHS.tokens)}`,
    ]);
  });
});
