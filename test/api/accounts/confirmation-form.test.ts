import { describe, expect, it, onTestFinished } from 'vitest';
import { addressesOf } from '../../support/address-rows.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import type { Answer, Browser } from '../../support/http.js';
import { linkOf, useMailbox } from '../../support/mailbox.js';
import { readUser, setActive } from '../../support/rows.js';

/** `ACCOUNT_CONFIRM_EMAIL_ON_GET=false`: scanners of mails open links, so that a page asks for a click. */

const PAGE = '/api/auth/account-confirm-email';
const DONE = '/auth/email-confirmation';
const SENT = '/auth/email-verification-sent';
const FOUR_DAYS = 345_600_000;

const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    ACCOUNT_EMAIL_VERIFICATION: 'optional',
    ACCOUNT_CONFIRM_EMAIL_ON_GET: 'false',
    MAIL_REQUESTS_PER_CLIENT: '20/hour',
  },
}));

async function register(): Promise<TestAccount & { readonly link: string }> {
  const account = await app.register();
  return { ...account, link: linkOf(await mailbox.receive(app, account.email)) };
}

const isVerified = async ({ id }: { readonly id: number }) => (await addressesOf(app.db, id))[0]?.verified;

const titleOf = ({ text }: Answer) => text.match(/<h1>([^<]*)<\/h1>/)?.[1];

/** Presses the button of the page, as a browser without scripts does. */
function press(browser: Browser, link: string, page: Answer, headers: object = {}): Promise<Answer> {
  const [, name = '', value = ''] =
    page.text.match(/<input type="hidden" name="(\w+)" value="(\w+)"\/>/) ?? [];
  return browser.send(link, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ [name]: value }).toString(),
  });
}

describe('a link to confirm an address', () => {
  it('changes nothing until the button of its page is pressed', async () => {
    const person = await register();
    const browser = app.browser();
    expect((await browser.send(person.link, { method: 'HEAD' })).status).toBe(200);
    const page = await browser.send(person.link);
    expect([page.status, titleOf(page)]).toEqual([200, 'Confirm your e-mail address']);
    expect(await isVerified(person)).toBe(false);
    const answer = await press(browser, person.link, page);
    expect([answer.status, answer.headers.location]).toEqual([302, DONE]);
    expect(await isVerified(person)).toBe(true);
  });

  it('has a form that another site can neither send nor fill in', async () => {
    const person = await register();
    const browser = app.browser();
    const page = await browser.send(person.link);
    expect((await press(app.browser(), person.link, page)).status).toBe(403);
    expect((await press(browser, person.link, page, { Origin: 'https://evil.example' })).status).toBe(403);
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const forged = { method: 'POST', headers: form, body: `csrfmiddlewaretoken=${'a'.repeat(64)}` };
    expect((await browser.send(person.link, forged)).status).toBe(403);
    expect(await isVerified(person)).toBe(false);
  });

  it('writes the token in another way each time, and keeps the cookie that a browser has', async () => {
    const { link } = await register();
    const browser = app.browser();
    const first = await browser.send(link);
    const cookie = browser.jar.get('csrftoken');
    const second = await browser.send(link);
    expect(browser.jar.get('csrftoken')).toBe(cookie);
    expect(first.text).not.toBe(second.text);
    expect((await press(browser, link, first)).headers.location).toBe(DONE);
  });

  it('says that it is done when it is opened again', async () => {
    const person = await register();
    const browser = app.browser();
    await press(browser, person.link, await browser.send(person.link));
    const page = await browser.send(person.link);
    expect([page.status, titleOf(page)]).toEqual([200, 'This is done']);
    expect(page.text).toContain(`href="${DONE}"`);
  });

  it('offers a new one when it has expired, which a mail brings', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    const person = await register();
    app.clock.advance(FOUR_DAYS);
    const browser = app.browser();
    const page = await browser.send(person.link);
    expect([page.status, titleOf(page)]).toEqual([200, 'This link has expired']);
    const answer = await press(browser, person.link, page);
    expect([answer.status, answer.headers.location]).toEqual([302, SENT]);
    expect(await isVerified(person)).toBe(false);
    const link = linkOf(await mailbox.receive(app, person.email));
    expect((await press(browser, link, await browser.send(link))).headers.location).toBe(DONE);
    expect(await isVerified(person)).toBe(true);
  });

  it('mails nothing to an account that was deactivated', async () => {
    app.clock.stop();
    onTestFinished(app.clock.go);
    const person = await register();
    await setActive(app.db, person.id, false);
    app.clock.advance(FOUR_DAYS);
    const browser = app.browser();
    const answer = await press(browser, person.link, await browser.send(person.link));
    expect(answer.headers.location).toBe(SENT);
    expect(await mailbox.collect(app)).toEqual([]);
  });

  it('says that it does not work when it is none of ours, and cannot be sent', async () => {
    const browser = app.browser();
    const page = await browser.send(`${PAGE}/nonsense/`);
    expect([page.status, titleOf(page)]).toEqual([200, 'This link does not work']);
    expect(page.text).not.toMatch(/<main.*<form.*<\/main>/s);
    await browser.send((await register()).link);
    const token = browser.jar.get('csrftoken') ?? '';
    const sent = await browser.send(`${PAGE}/nonsense/`, {
      method: 'POST',
      headers: { 'X-CSRFToken': token },
    });
    expect(sent.status).toBe(404);
  });

  it('has the frame of all pages, in the language of the browser', async () => {
    const page = await app.send((await register()).link, { headers: { 'Accept-Language': 'de' } });
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; /);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(titleOf(page)).toBe('E-Mail-Adresse bestätigen');
    const [, stylesheet = ''] = page.text.match(/href="(\/account\/assets\/[^"]+\.css)"/) ?? [];
    expect((await app.send(stylesheet)).status).toBe(200);
  });
});

describe('a link to change an address', () => {
  it('changes nothing until the button of its page is pressed', async () => {
    const person = await register();
    const email = `changed-${person.email}`;
    const { authorization, password } = person;
    const body = { password, email };
    const asked = await app.send('/api/auth/email/change', { method: 'POST', headers: authorization, body });
    expect(asked.status).toBe(200);
    const link = linkOf(await mailbox.receive(app, email));
    const browser = app.browser();
    const page = await browser.send(link);
    expect(titleOf(page)).toBe('Change your e-mail address');
    expect((await readUser(app.db, person.username)).email).toBe(person.email);
    expect((await press(browser, link, page)).headers.location).toBe(DONE);
    expect((await readUser(app.db, person.username)).email).toBe(email);
    expect(titleOf(await browser.send(link))).toBe('This is done');
  });
});
