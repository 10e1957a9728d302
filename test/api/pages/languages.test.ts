import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { useMailbox } from '../../support/mailbox.js';
import { createVisitor } from '../../support/visitor.js';

/** The language of an account: its mails, and its pages in a new browser. */

const PASSWORD = 'Wiesel-42-quarks';
const mailbox = useMailbox();
const app = useTestApp(() => ({
  env: { ...mailbox.env, ACCOUNT_EMAIL_VERIFICATION: 'optional', MAIL_REQUESTS_PER_CLIENT: '100/hour' },
}));

const subjectFor = async (email: string) => (await mailbox.receive(app, email)).parsed.subject;

async function askForReset(email: string): Promise<string | undefined> {
  await app.send('/api/auth/password/reset', { method: 'POST', body: { email } });
  return subjectFor(email);
}

async function languageOf(authorization: Readonly<Record<string, string>>): Promise<unknown> {
  const answer = await app.send('/api/auth/preferences', { headers: authorization });
  expect(answer.status).toBe(200);
  return answer.json();
}

describe('mails', () => {
  it('are in the language in which a person registered', async () => {
    const visitor = createVisitor(app, { 'Accept-Language': 'de-CH' });
    await visitor.open('/account/register');
    const fields = { username: 'sprecher', email: 'sprecher@example.org' };
    await visitor.press('register', { ...fields, password1: PASSWORD, password2: PASSWORD });
    expect(await subjectFor(fields.email)).toBe('[Lab] Bitte bestätige deine E-Mail-Adresse');
    expect(await askForReset(fields.email)).toBe('[Lab] Neues Passwort setzen');
  });

  it('are in English to an account that never chose one', async () => {
    const person = await app.register();
    await mailbox.collect(app);
    expect(await languageOf(person.authorization)).toEqual({ language: null });
    expect(await askForReset(person.email)).toBe('[Lab] Password Reset E-mail');
  });

  it('are in the language that the account chose, also an invitation', async () => {
    const [person, owner] = [await app.register(), await app.register()];
    await mailbox.collect(app);
    const chosen = await app.send('/api/auth/preferences', {
      method: 'PATCH',
      headers: person.authorization,
      body: { language: 'zh-Hans' },
    });
    expect([chosen.status, chosen.json()]).toEqual([200, { language: 'zh-Hans' }]);
    expect(await askForReset(person.email)).toBe('[Lab] 重置密码');
    expect(await askForReset(owner.email)).toBe('[Lab] Password Reset E-mail');
  });

  it('to a new address are in the language of the account', async () => {
    const person = await app.register();
    await mailbox.collect(app);
    const headers = person.authorization;
    await app.send('/api/auth/preferences', { method: 'PATCH', headers, body: { language: 'de' } });
    const body = { email: 'neu@example.org', password: person.password };
    await app.send('/api/auth/email/change', { method: 'POST', headers, body });
    expect(await subjectFor('neu@example.org')).toBe('[Lab] Bestätige deine neue E-Mail-Adresse');
  });
});

describe('the language of an account', () => {
  it('is the one of the browser at its first sign-in by the page, and comes along to other browsers', async () => {
    const person = await app.register();
    await createVisitor(app, { 'Accept-Language': 'de' }).signIn(person.username, person.password);
    expect(await languageOf(person.authorization)).toEqual({ language: 'de' });
    const elsewhere = createVisitor(app, { 'Accept-Language': 'en' });
    expect((await elsewhere.signIn(person.username, person.password)).title).toBe('Profil');
  });

  it('changes in the profile', async () => {
    const person = await app.register();
    const visitor = createVisitor(app, { 'Accept-Language': 'en' });
    await visitor.signIn(person.username, person.password);
    const page = await visitor.press('language', { language: 'de' });
    expect([page.title, page.words]).toEqual(['Profil', expect.stringContaining('Sprache ist gespeichert')]);
    expect(await languageOf(person.authorization)).toEqual({ language: 'de' });
  });

  it('changes with the switch of the page', async () => {
    const person = await app.register();
    const visitor = createVisitor(app, { 'Accept-Language': 'en' });
    await visitor.signIn(person.username, person.password);
    expect((await visitor.press('zh-Hans')).title).toBe('个人资料');
    expect(await languageOf(person.authorization)).toEqual({ language: 'zh-Hans' });
  });

  it.each([
    [{ language: 'fr' }, { language: ['"fr" is not a valid choice.'] }],
    [{ language: null }, { language: ['This field may not be null.'] }],
  ])('cannot be %j', async (body, errors) => {
    const { authorization } = await app.register();
    const answer = await app.send('/api/auth/preferences', {
      method: 'PATCH',
      headers: authorization,
      body,
    });
    expect([answer.status, answer.json()]).toEqual([400, errors]);
  });

  it('is nobody else’s: strangers and personal access tokens are refused', async () => {
    const person = await app.register();
    expect((await app.send('/api/auth/preferences')).status).toBe(401);
    const made = await app.send('/api/auth/access_tokens', {
      method: 'POST',
      headers: person.authorization,
      body: { name: 'x', read_only: false },
    });
    const { value } = made.json() as { value: string };
    const answer = await app.send('/api/auth/preferences', { headers: { Authorization: `Bearer ${value}` } });
    expect(answer.status).toBe(401);
  });
});
