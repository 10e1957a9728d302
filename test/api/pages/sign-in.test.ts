import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { createVisitor } from '../../support/visitor.js';

/** Signing in and out by the pages, without scripts. */

const UI = 'https://ui.example.org';
const app = useTestApp({
  env: { UI_URL: UI, SITE_NAME: 'Lab', LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '3/hour' },
});

describe('the page to sign in', () => {
  it('opens the account, and the sign-in is the one of the API', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    const page = await visitor.signIn(person.username, person.password);
    expect([page.status, page.address, page.title]).toEqual([200, '/account', 'Profile']);
    expect(page.words).toContain(`Signed in as ${person.username}`);
    const self = await visitor.browser.send('/api/users/self');
    expect((self.json() as { id: number }).id).toBe(person.id);
  });

  it('says that something is wrong, keeps the name and not the password', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    const page = await visitor.signIn(person.username, 'wrong');
    expect(page.status).toBe(400);
    expect(page.root.querySelector('[role=alert]')?.text).toBe('The name or the password is wrong.');
    expect(page.root.querySelector('[name=username]')?.getAttribute('value')).toBe(person.username);
    expect(page.root.querySelector('[name=password]')?.getAttribute('value')).toBe('');
    expect(visitor.browser.jar.has('sessionid')).toBe(false);
  });

  it('asks for what is missing', async () => {
    const page = await createVisitor(app).signIn('', '');
    expect([page.status, page.words]).toEqual([
      400,
      expect.stringContaining('Type your name and your password.'),
    ]);
  });

  it('says how long to wait after too many wrong passwords', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    for (let attempt = 0; attempt < 3; attempt += 1) await visitor.signIn(person.username, 'wrong');
    const page = await visitor.signIn(person.username, 'wrong');
    expect(page.status).toBe(429);
    expect(page.words).toMatch(/Too many attempts\. Try again in \d+ minutes\./);
  });

  it.each([
    ['/account/tokens?page=2', '/account/tokens?page=2'],
    [`${UI}/tasks/5`, `${UI}/tasks/5`],
    [UI, UI],
  ])('goes on to %s', async (next, expected) => {
    const person = await app.register();
    const visitor = createVisitor(app);
    const page = await visitor.signIn(person.username, person.password, `?${new URLSearchParams({ next })}`);
    expect(page.answer.headers.location ?? page.address).toBe(expected);
    const again = await visitor.open(`/account/sign-in?${new URLSearchParams({ next })}`);
    expect(again.answer.headers.location ?? again.address).toBe(expected);
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '\\/evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    `${UI}.evil.example`,
    'https://ui.example.org@evil.example',
    'https://user@ui.example.org/',
    'http://ui.example.org/',
    'account',
    '/ä',
  ])('never leads to %j', async (next) => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.open(`/account/sign-in?${new URLSearchParams({ next })}`);
    const { to, body } = visitor.fill('sign-in', { username: person.username, password: person.password });
    body.set('next', next);
    const answer = await visitor.browser.send(to, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(body),
    });
    expect([answer.status, answer.headers.location]).toEqual([303, '/account']);
  });

  it('keeps the paths of an invitation mail and the address in it', async () => {
    const page = await createVisitor(app).open('/account/sign-in?email=a%40b.example&invitation=abc');
    expect([page.status, page.address]).toEqual([
      200,
      '/account/invitation?email=a%40b.example&invitation=abc',
    ]);
    expect(page.words).toContain('a@b.example');
  });
});

describe('signing out', () => {
  it('ends the session and leaves the API token', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    const cookies = visitor.browser.cookieHeader();
    await visitor.open('/account/sign-out');
    const page = await visitor.press('sign-out');
    expect([page.address, page.words]).toEqual([
      '/account/sign-in?done=signed-out',
      expect.stringContaining('You are signed out.'),
    ]);
    expect((await app.send('/api/users/self', { headers: { Cookie: cookies } })).status).toBe(401);
    expect((await app.send('/api/users/self', { headers: person.authorization })).status).toBe(200);
  });

  it('needs the form: a link of another site ends nothing', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    await visitor.open('/account/sign-out');
    expect((await visitor.browser.send('/api/users/self')).status).toBe(200);
  });
});

describe('a page of an account', () => {
  it('asks for a sign-in first, and then opens', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    const asked = await visitor.open('/account/security?page=1');
    expect(asked.address).toBe('/account/sign-in?next=%2Faccount%2Fsecurity%3Fpage%3D1');
    expect(asked.words).toContain('Sign in to go on.');
    const page = await visitor.press('sign-in', { username: person.username, password: person.password });
    expect([page.address, page.title]).toEqual(['/account/security?page=1', 'Security']);
  });

  it('takes no other credentials than the session', async () => {
    const person = await app.register();
    for (const headers of [person.authorization, person.basic]) {
      const answer = await app.send('/account', { headers });
      expect([answer.status, answer.headers.location]).toEqual([303, '/account/sign-in?next=%2Faccount']);
    }
  });

  it('keeps what was typed if the session has ended meanwhile', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    await visitor.open('/account/tokens');
    visitor.browser.jar.delete('sessionid');
    const asked = await visitor.press('create', { name: 'a long story' });
    expect([asked.status, asked.words]).toEqual([401, expect.stringContaining('what you typed is kept')]);
    const page = await visitor.press('sign-in', { username: person.username, password: person.password });
    expect(page.words).toContain('You are signed in again.');
    expect(page.root.querySelector('[name=name]')?.getAttribute('value')).toBe('a long story');
    const before = await visitor.browser.send('/api/auth/access_tokens');
    expect(before.json()).toMatchObject({ count: 0 });
    expect((await visitor.press('create')).words).toContain('Your new token');
  });

  it('keeps no password of a form whose session has ended', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    await visitor.open('/account/security');
    visitor.browser.jar.delete('sessionid');
    const passwords = { old_password: 'oldOldOld', new_password1: 'newNewNew', new_password2: 'newNewNew' };
    const asked = await visitor.press('password', passwords);
    expect(asked.status).toBe(401);
    expect(asked.answer.text).not.toMatch(/oldOldOld|newNewNew/);
  });

  it('keeps what was typed if another tab has signed in again', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    await visitor.open('/account/tokens');
    const { body } = visitor.fill('create', { name: 'from the first tab' });
    await visitor.open('/account/sign-out');
    await visitor.press('sign-out');
    await visitor.signIn(person.username, person.password);
    const page = await visitor.open('/account/tokens', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(body),
    });
    expect([page.status, page.words]).toEqual([403, expect.stringContaining('send it again')]);
    expect((await visitor.press('create')).words).toContain('from the first tab');
  });

  it('takes nothing from a page of another site, and shows nothing of what it sent', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    await visitor.open('/account/tokens');
    const page = await visitor.press(
      'create',
      { name: 'planted' },
      { headers: { Origin: 'https://evil.example' } },
    );
    expect(page.status).toBe(403);
    expect(page.answer.text).not.toContain('planted');
    expect((await visitor.open('/account/tokens')).words).toContain('You have no tokens yet.');
  });
});
