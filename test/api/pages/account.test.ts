import { describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { createVisitor } from '../../support/visitor.js';

/** What people do with their own account on its pages, and what the API says afterwards. */

const app = useTestApp({ env: { CVAT_MAX_ACCESS_TOKENS_PER_USER: '3' } });

async function signedIn(headers: Readonly<Record<string, string>> = {}) {
  const person = await app.register();
  const visitor = createVisitor(app, headers);
  await visitor.signIn(person.username, person.password);
  return { person, visitor };
}

const selfOf = async ({ authorization }: Pick<TestAccount, 'authorization'>) =>
  (await app.send('/api/users/self', { headers: authorization })).json() as Record<string, unknown>;

describe('the profile', () => {
  it('saves names, and tells which one is taken', async () => {
    const { person, visitor } = await signedIn();
    await visitor.open('/account');
    const saved = await visitor.press('names', { first_name: 'Ada', last_name: 'Lovelace' });
    expect([saved.address, saved.words]).toEqual([
      '/account?done=names',
      expect.stringContaining('Your names are saved.'),
    ]);
    expect(await selfOf(person)).toMatchObject({ first_name: 'Ada', last_name: 'Lovelace' });
    const taken = await visitor.press('names', { username: 'admin', first_name: 'Eve' });
    expect(taken.root.querySelector('#names-username-wrong')?.text).toBe('This user name is taken.');
    expect(taken.root.querySelector('[name=first_name]')?.getAttribute('value')).toBe('Eve');
    expect(await selfOf(person)).toMatchObject({ username: person.username, first_name: 'Ada' });
  });

  it('hands out everything about the account, and nothing secret', async () => {
    const { person, visitor } = await signedIn();
    await visitor.browser.send('/api/organizations', { method: 'POST', body: { slug: `o-${person.id}` } });
    const made = await visitor.browser.send('/api/auth/access_tokens', {
      method: 'POST',
      body: { name: 'export me' },
    });
    const { answer } = await visitor.open('/account/export');
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="account-${person.id}.json"`);
    expect(answer.json()).toMatchObject({
      account: { id: person.id, email: person.email },
      sessions: expect.arrayContaining([expect.objectContaining({ current: true })]),
      factors: { totp: { enabled: false }, recovery_codes: { remaining: 0 } },
      api_token: { exists: true },
      access_tokens: [{ name: 'export me' }],
      memberships: [{ role: 'owner' }],
      organizations: [{ slug: `o-${person.id}` }],
      invitations: [],
    });
    const { value } = made.json() as { value: string };
    for (const secret of [value, person.token, person.password]) expect(answer.text).not.toContain(secret);
  });

  it('deletes the account after its name was typed, and says what would be left without an owner', async () => {
    const { person, visitor } = await signedIn();
    await visitor.browser.send('/api/organizations', { method: 'POST', body: { slug: `p-${person.id}` } });
    expect((await visitor.open('/account')).words).toContain(`You own p-${person.id}.`);
    const wrong = await visitor.press('delete', { confirm: 'admin' });
    expect([wrong.status, wrong.words]).toEqual([400, expect.stringContaining('not your user name')]);
    const gone = await visitor.press('delete', { confirm: person.username });
    expect([gone.address, gone.words]).toEqual([
      '/account/sign-in?done=deleted',
      expect.stringContaining('Your account is deleted.'),
    ]);
    expect((await app.send('/api/users/self', { headers: person.authorization })).status).toBe(401);
  });
});

describe('the security of an account', () => {
  it('changes the password, which ends every session, and says what is wrong with one', async () => {
    const { person, visitor } = await signedIn();
    await visitor.open('/account/security');
    const passwords = { new_password1: 'Marder-17-hosen', new_password2: 'Marder-17-hosen' };
    const wrong = await visitor.press('password', { old_password: 'wrong', ...passwords });
    expect(wrong.root.querySelector('#password-old_password-wrong')?.text).toBe('The password is wrong.');
    const differing = { ...passwords, new_password2: 'Marder-17-hasen', old_password: person.password };
    expect((await visitor.press('password', differing)).words).toContain('The two passwords differ.');
    const changed = await visitor.press('password', { old_password: person.password, ...passwords });
    expect([changed.address, changed.words]).toEqual([
      '/account/sign-in?done=password-changed',
      expect.stringContaining('Your password is changed.'),
    ]);
    expect((await visitor.signIn(person.username, 'Marder-17-hosen')).address).toBe('/account');
  });

  it('shows where the account is signed in, and ends one session or all others', async () => {
    const { person, visitor } = await signedIn({ 'User-Agent': FIREFOX });
    const others = [createVisitor(app), createVisitor(app), createVisitor(app)];
    for (const other of others) await other.signIn(person.username, person.password);
    // The registration has opened one more.
    const page = await visitor.open('/account/security');
    expect(page.words).toContain('Firefox 143, Windows desktop this session');
    expect(page.root.querySelectorAll('button[value=end]')).toHaveLength(1 + others.length);
    const [first] = page.root.querySelectorAll('[name=session]');
    const ended = await visitor.open('/account/security', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: String(
        new URLSearchParams({
          do: 'end',
          session: first?.getAttribute('value') ?? '',
          csrfmiddlewaretoken: visitor.browser.jar.get('csrftoken') ?? '',
        }),
      ),
    });
    expect(ended.words).toContain('The session is ended.');
    expect(ended.root.querySelectorAll('button[value=end]')).toHaveLength(others.length);
    expect((await visitor.press('end-others')).words).toContain('All other sessions are ended.');
    for (const other of others) expect((await other.browser.send('/api/users/self')).status).toBe(401);
    expect((await visitor.browser.send('/api/users/self')).status).toBe(200);
  });

  it('replaces the API token, shows it once, and revokes it', async () => {
    const { person, visitor } = await signedIn();
    await visitor.open('/account/security');
    const page = await visitor.press('api-token');
    const token = page.root.querySelector('#api-token')?.getAttribute('value') ?? '';
    const headers = { Authorization: `Token ${token}` };
    expect((await app.send('/api/users/self', { headers })).status).toBe(200);
    expect((await app.send('/api/users/self', { headers: person.authorization })).status).toBe(401);
    expect((await visitor.open('/account/security')).answer.text).not.toContain(token);
    expect((await visitor.press('revoke-api-token')).words).toContain('You have no API token.');
    expect((await app.send('/api/users/self', { headers })).status).toBe(401);
  });
});

describe('personal access tokens', () => {
  it('are created for an organization and a day, changed, and revoked', async () => {
    const { person, visitor } = await signedIn();
    const slug = `q-${person.id}`;
    const created = await visitor.browser.send('/api/organizations', { method: 'POST', body: { slug } });
    const { id: organization } = created.json() as { id: number };
    await visitor.open('/account/tokens');
    const made = await visitor.press('create', {
      name: 'nightly',
      expiry_date: '2031-02-03',
      organization: String(organization),
    });
    const value = made.root.querySelector('#new-token')?.getAttribute('value') ?? '';
    const headers = { Authorization: `Bearer ${value}` };
    const own = await app.send(`/api/auth/access_tokens/self?org=${slug}`, { headers });
    expect(own.json()).toMatchObject({
      name: 'nightly',
      read_only: true,
      expiry_date: '2031-02-03T23:59:59Z',
      organization,
    });
    expect((await visitor.open('/account/tokens')).answer.text).not.toContain(value);
    const { id } = own.json() as { id: number };
    await visitor.open(`/account/tokens/${id}`);
    const saved = await visitor.press('save', { name: 'weekly', expiry_date: '', read_only: 'true' });
    expect(saved.words).toContain('weekly');
    expect((await visitor.press('revoke', {}, { near: 'weekly' })).words).toContain(
      'You have no tokens yet.',
    );
    expect((await app.send(`/api/auth/access_tokens/self?org=${slug}`, { headers })).status).toBe(401);
  });

  it('can be downloaded as a file when they are shown', async () => {
    const { visitor } = await signedIn();
    await visitor.open('/account/tokens');
    const made = await visitor.press('create', { name: 'for cvat-cli' });
    const token = made.root.querySelector('#new-token')?.getAttribute('value');
    const { answer } = await visitor.press('download');
    expect(answer.headers['content-disposition']).toBe('attachment; filename="cvat-token.json"');
    expect(answer.json()).toEqual({ token, server: 'http://localhost:0', name: 'for cvat-cli' });
  });

  it('are limited, and the page says what to do', async () => {
    const { visitor } = await signedIn();
    await visitor.open('/account/tokens');
    for (const name of ['one', 'two', 'three']) await visitor.press('create', { name });
    const page = await visitor.press('create', { name: 'four' });
    expect([page.status, page.words]).toEqual([
      400,
      expect.stringContaining('You have too many tokens: revoke one of them first.'),
    ]);
    expect(page.root.querySelector('[name=name]')?.getAttribute('value')).toBe('four');
  });
});

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0';
