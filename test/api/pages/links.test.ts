import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PATHS, UI_PATHS } from '../../../src/features/pages/paths.js';
import type { MailKind } from '../../../src/platform/mail/templates/layout.js';
import { type TestApp, useTestApp } from '../../support/app.js';
import { factorActions } from '../../support/factor-actions.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import { keyActions } from '../../support/key-actions.js';
import { outboxOf } from '../../support/outbox-rows.js';
import { comeBackFrom, oneProvider } from '../../support/sign-on.js';
import { createVisitor } from '../../support/visitor.js';

/** Every link of every page and of every mail leads somewhere. */

const PASSWORD = 'Wiesel-42-quarks';
const OTHER_PASSWORD = 'Marder-17-hosen';
const PUBLIC_URL = 'https://cvat.example.org';
const UI_URL = 'https://ui.example.org';
const provider = await startScriptedProvider();
afterAll(provider.stop);
const SETTINGS = {
  PUBLIC_URL,
  AUTH_CONFIG_PATH: oneProvider(provider),
  EMAIL_BACKEND: 'console',
  ACCOUNT_EMAIL_VERIFICATION: 'mandatory',
  REGISTRATION_MODE: 'approval',
  ORG_INVITATION_CONFIRM: 'true',
  MAIL_REQUESTS_PER_CLIENT: 'none',
  MAIL_REQUESTS_PER_RECIPIENT: 'none',
};

/** Every kind but the one that the command line sends, which has no link: a new kind is missed here. */
const HAS_LINK: Readonly<Record<Exclude<MailKind, 'test'>, boolean>> = {
  'sign-up-confirmation': true,
  'login-confirmation': true,
  'email-change-confirmation': true,
  'email-changed': false,
  'password-reset': true,
  'password-changed': false,
  'set-password': true,
  'factor-added': false,
  'key-added': false,
  'factor-removed': false,
  'one-factor-removed': false,
  'recovery-codes-replaced': false,
  invitation: true,
  'transfer-offer': true,
  'account-waiting': true,
  'account-activated': true,
  'account-linked': false,
  'account-unlinked': false,
};

type Visitor = ReturnType<typeof createVisitor>;

interface Story {
  readonly admin: Visitor;
  readonly person: Visitor;
}

const linksIn = (text: string): readonly string[] => text.match(/https?:\/\/\S+/g) ?? [];

/** Sets up an authenticator app, replaces the recovery codes, adds two keys, and removes all of it. */
async function setUpAndRemove(app: TestApp, browser: Visitor['browser']): Promise<void> {
  const { secretOf, confirm, renew, remove, nextCode } = factorActions(app);
  const secret = await secretOf(browser);
  for (const step of [confirm, renew, remove])
    expect((await step(browser, nextCode(secret))).status).toBeLessThan(300);
  const keys = keyActions(app, new URL(PUBLIC_URL).origin);
  const { keyId: first } = await keys.add(browser);
  const { keyId: second } = await keys.add(browser);
  for (const id of [first, second]) expect((await keys.remove(browser, id)).status).toBe(204);
}

/** Does what makes the server send each kind of mail, by the pages. */
async function sendAllMails(app: TestApp): Promise<Story> {
  const mailOf = async (kind: MailKind): Promise<string> => {
    const [link = ''] = linksIn((await outboxOf(app.db, { kind })).at(-1)?.text ?? '');
    return link
      .replace(PUBLIC_URL, '')
      .replace(UI_URL, '')
      .replace('/auth/password/reset/confirm', PATHS.resetConfirm);
  };
  const admin = createVisitor(app);
  await admin.signIn(app.admin.username, app.admin.password);
  const visitor = createVisitor(app);
  await visitor.open(PATHS.register);
  await visitor.press('register', {
    username: 'walker',
    email: 'walker@example.org',
    password1: PASSWORD,
    password2: PASSWORD,
  });
  const list = await admin.browser.send('/api/users?waits_for_approval=true');
  const [{ id = 0 } = {}] = (list.json() as { results: { id: number }[] }).results;
  await admin.browser.send(`/api/users/${id}`, { method: 'PATCH', body: { is_active: true } });
  const person = createVisitor(app);
  expect((await person.signIn('walker', PASSWORD)).words).toContain('not confirmed yet');
  await person.browser.send(await mailOf('login-confirmation'));
  expect((await person.signIn('walker', PASSWORD)).address).toBe(PATHS.account);

  await person.press('email', { email: 'moved@example.org', password: PASSWORD });
  await person.browser.send(await mailOf('email-change-confirmation'));
  const forgetful = createVisitor(app);
  await forgetful.open(PATHS.reset);
  await forgetful.press('reset', { email: 'moved@example.org' });
  await person.browser.send('/api/auth/password/change', {
    method: 'POST',
    body: { old_password: PASSWORD, new_password1: OTHER_PASSWORD, new_password2: OTHER_PASSWORD },
  });
  // That may have ended their session.
  await person.signIn('walker', OTHER_PASSWORD);

  await setUpAndRemove(app, person.browser);

  await admin.open(PATHS.newPerson);
  await admin.press('create', {
    username: 'second',
    email: 'second@example.org',
    send_password_mail: 'true',
  });
  const organize = async (by: Visitor, path: string, body: object) => {
    const answer = await by.browser.send(path, { method: 'POST', body });
    expect([path, answer.status]).toEqual([path, 201]);
    return answer.json() as { id: number; key: string };
  };
  const lab = await organize(admin, '/api/organizations', { slug: 'lab' });
  const invitation = await organize(admin, '/api/invitations?org=lab', {
    email: 'moved@example.org',
    role: 'worker',
  });
  await person.browser.send(`/api/invitations/${invitation.key}/accept`, { method: 'POST' });
  await organize(admin, '/api/invitations?org=lab', { email: 'new@example.org', role: 'worker' });
  await organize(admin, `/api/organizations/${lab.id}/transfer`, { user: id });
  await person.browser.send('/api/auth/access_tokens', { method: 'POST', body: { name: 'nightly' } });
  await person.open(PATHS.security);
  const linking = await person.press('link');
  const away = linking.root.querySelector('a.button')?.getAttribute('href') ?? '';
  await person.browser.send(await comeBackFrom(away));
  await person.open(PATHS.security);
  await person.press('unlink');
  return { admin, person };
}

/** Where nobody has to approve accounts, people confirm their address first. */
async function signUp(app: TestApp): Promise<void> {
  const body = { username: 'early', email: 'early@example.org', password1: PASSWORD, password2: PASSWORD };
  await app.send('/api/auth/register', { method: 'POST', body });
}

/** As browsers ask for pages. */
const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const ASSETS = 'link[href], script[src], img[src]';

/** Follows every link from some pages. @returns what is dead, and how many addresses there were */
async function crawl(visitor: Visitor, starts: readonly string[]) {
  const waiting = starts.map((address) => ({ address, from: 'the start' }));
  const seen = new Set(starts);
  const dead: string[] = [];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { address, from } = next;
    const { status, headers } = await visitor.browser.send(address, { headers: BROWSER });
    const follow = (link: string, by: string): void => {
      const url = new URL(link.replace(PUBLIC_URL, ''), new URL(address, 'http://here'));
      if (url.host !== 'here' || seen.has(url.pathname + url.search)) return;
      seen.add(url.pathname + url.search);
      waiting.push({ address: url.pathname + url.search, from: by });
    };
    if (status >= 400) dead.push(`${address} of ${from}: ${status}`);
    if (headers.location !== undefined) follow(headers.location, address);
    if (!/^text\/html/.test(headers['content-type'] ?? '') || !isPage(address)) continue;
    const { root } = await visitor.open(address, { headers: BROWSER });
    for (const element of root.querySelectorAll(`a[href], ${ASSETS}`)) {
      const link = element.getAttribute('href') ?? element.getAttribute('src') ?? '';
      if (!link.startsWith('#')) follow(link, address);
      else if (root.querySelector(link) === null) dead.push(`${link} of ${address}: no such part`);
    }
  }
  return { dead, count: seen.size };
}

/** The documentation of the API has links of its own, which are not those of the pages. */
const isPage = (address: string): boolean => address === '/' || address.startsWith(PATHS.account);

/** Pages of CVAT's user interface, whose place ours take where there is none. */
const isPageOfUi = (link: string): boolean =>
  link.startsWith(UI_URL) && Object.keys(UI_PATHS).includes(new URL(link).pathname);

const STARTS = [
  '/',
  ...Object.values(PATHS).filter((path) => path !== PATHS.assets),
  `${PATHS.organizations}/lab`,
];

describe.each([
  ['without a user interface', {}],
  ['with a user interface', { UI_URL }],
])('%s', (_name, env: Readonly<Record<string, string>>) => {
  const app = useTestApp({ env: { ...SETTINGS, ...env } });
  const openApp = useTestApp({ env: { ...SETTINGS, ...env, REGISTRATION_MODE: 'open' } });
  let story: Story;
  beforeAll(async () => {
    await signUp(openApp);
    story = await sendAllMails(app);
  });

  it('no page has a dead link: for nobody, for a user, for a superuser', async () => {
    // Without its key, there is no invitation for those who are signed in.
    const signedIn = STARTS.filter((path) => path !== PATHS.invitation);
    const open = signedIn.filter((path) => !path.startsWith(`${PATHS.account}/admin`));
    const nobody = await crawl(createVisitor(app), STARTS);
    const person = await crawl(story.person, open);
    const admin = await crawl(story.admin, signedIn);
    expect([nobody.dead, person.dead, admin.dead]).toEqual([[], [], []]);
    expect(nobody.count).toBeGreaterThan(STARTS.length);
    expect(person.count).toBeGreaterThan(open.length);
    expect(admin.count).toBeGreaterThan(person.count);
  });

  it.each(Object.entries(HAS_LINK))('the link of the mail %s leads to a page', async (kind, hasLink) => {
    const sender = kind === 'sign-up-confirmation' ? openApp : app;
    const mails = await outboxOf(sender.db, { kind });
    expect(mails.length).toBeGreaterThan(0);
    for (const { text, html } of mails) {
      const links = new Set(linksIn(text));
      expect([kind, links.size > 0]).toEqual([kind, hasLink]);
      for (const link of links) {
        expect(html.replaceAll('&amp;', '&')).toContain(`href="${link}"`);
        const { origin, pathname, search } = new URL(link);
        if (origin === UI_URL) {
          expect([link, isPageOfUi(link)]).toEqual([link, true]);
          continue;
        }
        expect(origin).toBe(PUBLIC_URL);
        const page = await createVisitor(sender, BROWSER).open(pathname + search);
        const { location = '' } = page.answer.headers;
        const isShown = page.status === 200 && page.title !== '';
        expect([link, isShown || isPageOfUi(location)]).toEqual([link, true]);
      }
    }
  });
});
