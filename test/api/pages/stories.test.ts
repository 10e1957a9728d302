import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { linkOf, useMailbox } from '../../support/mailbox.js';
import { createVisitor } from '../../support/visitor.js';

/** Whole stories from mail to mail, on a server without a user interface, without scripts. */

const PASSWORD = 'Wiesel-42-quarks';
const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: {
    ...mailbox.env,
    ACCOUNT_EMAIL_VERIFICATION: 'mandatory',
    ORG_INVITATION_CONFIRM: 'true',
    MAIL_REQUESTS_PER_CLIENT: '100/hour',
  },
}));

/** @returns the address of a page that a mail leads to */
async function mailed(email: string): Promise<string> {
  const { pathname, search } = new URL(linkOf(await mailbox.receive(app, email)), mailbox.env['PUBLIC_URL']);
  return pathname + search;
}

async function signUp(username: string, email = `${username}@example.org`) {
  const visitor = createVisitor(app);
  await visitor.open('/account/register');
  const fields = { username, email, password1: PASSWORD, password2: PASSWORD };
  return { visitor, email, page: await visitor.press('register', fields) };
}

async function member(username: string) {
  const { visitor, email } = await signUp(username);
  await visitor.open(await mailed(email));
  await visitor.signIn(username, PASSWORD);
  return { visitor, email };
}

describe('a person without a user interface', () => {
  it('registers, confirms the address from the mail, and signs in', async () => {
    const { visitor, email, page } = await signUp('storyteller');
    expect([page.address, page.title]).toEqual(['/account/verification-sent', 'Look into your mail']);
    const link = await mailed(email);
    const early = await visitor.signIn('storyteller', PASSWORD);
    expect([early.status, early.words]).toEqual([400, expect.stringContaining('not confirmed yet')]);
    const confirmed = await visitor.open(link);
    expect([confirmed.address, confirmed.title]).toEqual(['/account/confirmed', 'Your address is confirmed']);
    const account = await visitor.signIn('storyteller', PASSWORD);
    expect([account.address, account.words]).toEqual(['/account', expect.stringContaining(email)]);
  });

  it('gets another mail, and a page that explains a link that does not work', async () => {
    const { visitor, email } = await signUp('forgetful');
    await mailed(email);
    app.clock.advance(200_000);
    await visitor.open('/account/verification-sent');
    const page = await visitor.press('resend', { email });
    expect(page.words).toContain('a mail is on its way');
    const wrong = await visitor.open(`${(await mailed(email)).slice(0, -5)}/`);
    expect([wrong.address, wrong.title]).toEqual(['/account/link-wrong', 'This link does not work']);
  });

  it('is told what is wrong with a registration, beside its fields, in the language of the page', async () => {
    const visitor = createVisitor(app, { 'Accept-Language': 'de' });
    await visitor.open('/account/register');
    const page = await visitor.press('register', {
      username: 'x!',
      email: 'nothing',
      password1: '12345',
      password2: '12345',
      first_name: 'Ada',
    });
    expect(page.status).toBe(400);
    const wrong = (name: string) => page.root.querySelector(`#register-${name}-wrong`)?.text;
    expect(wrong('username')).toBe('Es müssen mindestens 5 Zeichen sein.');
    expect(wrong('email')).toBe('Das ist keine E-Mail-Adresse.');
    expect(wrong('password1')).toMatch(/mindestens 8 Zeichen.*benutzen viele.*mehr als Ziffern/);
    expect(page.root.querySelector('[name=first_name]')?.getAttribute('value')).toBe('Ada');
    expect(page.root.querySelector('[name=password1]')?.getAttribute('value')).toBe('');
  });

  it('sets a new password from the mail, once', async () => {
    const { email } = await member('resetter');
    const visitor = createVisitor(app);
    await visitor.open('/auth/password/reset');
    const sent = await visitor.press('reset', { email });
    expect([sent.address, sent.words]).toEqual([
      '/account/reset?done=sent',
      expect.stringContaining('If an account has this address'),
    ]);
    const link = await mailed(email);
    const form = await visitor.open(link);
    expect([form.status, form.title]).toEqual([200, 'Set a new password']);
    const weak = await visitor.press('set-password', { new_password1: 'short', new_password2: 'short' });
    expect([weak.status, weak.words]).toEqual([400, expect.stringContaining('at least 8 characters')]);
    const passwords = { new_password1: 'Marder-17-hosen', new_password2: 'Marder-17-hosen' };
    const done = await visitor.press('set-password', passwords);
    expect(done.words).toContain('Your new password is set.');
    expect((await visitor.signIn('resetter', 'Marder-17-hosen')).address).toBe('/account');
    await createVisitor(app).open(link);
    const again = createVisitor(app);
    await again.open(link);
    const used = await again.press('set-password', passwords);
    expect([used.status, used.words]).toEqual([400, expect.stringContaining('The link was used before')]);
  });

  it('says nothing about which addresses have accounts', async () => {
    await mailbox.collect(app);
    const visitor = createVisitor(app);
    await visitor.open('/account/reset');
    const page = await visitor.press('reset', { email: 'nobody@example.org' });
    expect(page.words).toContain('If an account has this address');
    expect(await mailbox.collect(app)).toEqual([]);
  });

  it('changes the address of the account with the mail to the new one', async () => {
    const { visitor } = await member('mover');
    await visitor.open('/account');
    const wrong = await visitor.press('email', { email: 'moved@example.org', password: 'wrong' });
    expect([wrong.status, wrong.words]).toEqual([400, expect.stringContaining('The password is wrong.')]);
    const sent = await visitor.press('email', { email: 'moved@example.org', password: PASSWORD });
    expect(sent.words).toContain('We have sent a link to the new address.');
    await visitor.open(await mailed('moved@example.org'));
    expect((await visitor.open('/account')).words).toContain('Your address is moved@example.org.');
  });
});

describe('an invited person', () => {
  async function invite(owner: Awaited<ReturnType<typeof member>>, email: string, slug: string) {
    const { browser } = owner.visitor;
    await browser.send('/api/organizations', { method: 'POST', body: { slug } });
    const answer = await browser.send(`/api/invitations?org=${slug}`, {
      method: 'POST',
      body: { email, role: 'worker' },
    });
    expect(answer.status).toBe(201);
    return mailed(email);
  }

  it('creates an account from the mail, and accepts', async () => {
    const link = await invite(await member('inviter1'), 'new@example.org', 'lab1');
    const visitor = createVisitor(app);
    const page = await visitor.open(link);
    expect([page.title, page.words]).toEqual(['You are invited', expect.stringContaining('new@example.org')]);
    const [, register] = page.root.querySelectorAll('main a.button');
    await visitor.open(register?.getAttribute('href') ?? '');
    expect(visitor.page().root.querySelector('[name=email]')?.getAttribute('value')).toBe('new@example.org');
    await visitor.press('register', { username: 'newcomer', password1: PASSWORD, password2: PASSWORD });
    await visitor.open(await mailed('new@example.org'));
    const [signIn] = (await visitor.open(link)).root.querySelectorAll('main a.button');
    await visitor.open(signIn?.getAttribute('href') ?? '');
    const asked = await visitor.press('sign-in', { username: 'newcomer', password: PASSWORD });
    expect(asked.words).toContain('You are invited to join lab1 as worker. inviter1 invited you.');
    const joined = await visitor.press('accept');
    expect(joined.words).toContain('You are a member of lab1 now.');
    const memberships = await visitor.browser.send('/api/memberships?org=lab1');
    expect(memberships.status).toBe(200);
  });

  it('declines, and another person cannot see it', async () => {
    const [owner, guest, other] = [await member('inviter2'), await member('guest2'), await member('other2')];
    const link = await invite(owner, guest.email, 'lab2');
    const elsewhere = await other.visitor.open(link);
    expect([elsewhere.status, elsewhere.words]).toEqual([404, expect.stringContaining('no such invitation')]);
    expect(elsewhere.words).not.toContain('lab2');
    await guest.visitor.open(link);
    expect((await guest.visitor.press('decline')).words).toContain('You declined the invitation.');
    expect((await guest.visitor.open(link)).status).toBe(404);
  });

  it('learns that the invitation has expired', async () => {
    const [owner, guest] = [await member('inviter3'), await member('guest3')];
    const link = await invite(owner, guest.email, 'lab3');
    app.clock.advance(8 * 86_400_000);
    const page = await guest.visitor.open(link);
    expect(page.words).toContain('This invitation has expired.');
    expect(page.root.querySelectorAll('button[value=accept]')).toEqual([]);
  });
});
