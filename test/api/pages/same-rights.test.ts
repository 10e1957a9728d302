import { describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { createVisitor } from '../../support/visitor.js';

/** A page allows and refuses what its route does, also to forged forms: each kind of person tries both. */

const app = useTestApp();

interface Try {
  readonly what: string;
  /** The page, the button, and what a forged form says. */
  readonly page: string;
  readonly action: string;
  readonly fields: Readonly<Record<string, string>>;
  /** The same over the API. */
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

/** @param id of a token of another person */
const triesOn = (id: number): readonly Try[] => [
  {
    what: 'revoke the token of another person',
    page: '/account/tokens',
    action: 'revoke',
    fields: { id: String(id) },
    method: 'DELETE',
    path: `/api/auth/access_tokens/${id}`,
  },
  {
    what: 'change the token of another person',
    page: `/account/tokens/${id}`,
    action: 'save',
    fields: { name: 'mine now' },
    method: 'PATCH',
    path: `/api/auth/access_tokens/${id}`,
    body: { name: 'mine now' },
  },
  {
    what: 'end a session that is not theirs',
    page: '/account/security',
    action: 'end',
    fields: { session: 'b41e4c1ef0b4d1a9c9d9c1d0a5b0e7f2' },
    method: 'DELETE',
    path: '/api/auth/sessions/b41e4c1ef0b4d1a9c9d9c1d0a5b0e7f2',
  },
  {
    what: 'remove an app that is not there',
    page: '/account/security',
    action: 'remove-app',
    fields: { code: '123456' },
    method: 'DELETE',
    path: '/api/auth/factors/totp',
    body: { code: '123456' },
  },
  {
    what: 'replace recovery codes without a code',
    page: '/account/security',
    action: 'renew-codes',
    fields: { code: '' },
    method: 'POST',
    path: '/api/auth/factors/recovery-codes',
    body: { code: '' },
  },
  {
    what: 'confirm an app that was not begun',
    page: '/account/security/authenticator',
    action: 'confirm',
    fields: { code: '123456', link: 'otpauth://totp/x?secret=ABCD' },
    method: 'POST',
    path: '/api/auth/factors/totp/confirm',
    body: { code: '123456' },
  },
  {
    what: 'accept an invitation of another person',
    page: `/account/invitation?invitation=${'x'.repeat(64)}`,
    action: 'accept',
    fields: {},
    method: 'POST',
    path: `/api/invitations/${'x'.repeat(64)}/accept`,
  },
  {
    what: 'create a token without a name',
    page: '/account/tokens',
    action: 'create',
    fields: { name: '' },
    method: 'POST',
    path: '/api/auth/access_tokens',
    body: { name: '' },
  },
  {
    what: 'create a token in an organization that is not theirs',
    page: '/account/tokens',
    action: 'create',
    fields: { name: 'x', organization: '999999' },
    method: 'POST',
    path: '/api/auth/access_tokens',
    body: { name: 'x', organization: 999_999 },
  },
  {
    what: 'create a token in an organization that is no number',
    page: '/account/tokens',
    action: 'create',
    fields: { name: 'x', organization: 'abc' },
    method: 'POST',
    path: '/api/auth/access_tokens',
    body: { name: 'x', organization: 'abc' },
  },
  {
    what: 'name a token with what no database stores',
    page: '/account/tokens',
    action: 'create',
    fields: { name: 'a\0b' },
    method: 'POST',
    path: '/api/auth/access_tokens',
    body: { name: 'a\0b' },
  },
  {
    what: 'create a token that ends at no date',
    page: '/account/tokens',
    action: 'create',
    fields: { name: 'x', expiry_date: '2026-02-31' },
    method: 'POST',
    path: '/api/auth/access_tokens',
    body: { name: 'x', expiry_date: '2026-02-31T23:59:59Z' },
  },
  {
    what: 'take the name of another person',
    page: '/account',
    action: 'names',
    fields: { username: 'admin' },
    method: 'PATCH',
    path: '/api/users/self-id',
    body: { username: 'admin' },
  },
];

async function tokenOf({ authorization }: TestAccount): Promise<number> {
  const answer = await app.send('/api/auth/access_tokens', {
    method: 'POST',
    headers: authorization,
    body: { name: 'hers' },
  });
  return (answer.json() as { id: number }).id;
}

describe('a page and its route', () => {
  it('answer with one status, whoever asks', async () => {
    const [owner, person] = [await app.register(), await app.register()];
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    for (const { what, page, action, fields, method, path, body } of triesOn(await tokenOf(owner))) {
      const route = path.replace('self-id', String(person.id));
      const byApi = await visitor.browser.send(route, { method, ...(body === undefined ? {} : { body }) });
      await visitor.open('/account/security');
      const form = new URLSearchParams({
        ...fields,
        do: action,
        csrfmiddlewaretoken: visitor.browser.jar.get('csrftoken') ?? '',
      });
      const byPage = await visitor.open(page, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: String(form),
      });
      expect([what, byPage.status]).toEqual([what, byApi.status]);
      expect([what, byApi.status >= 400]).toEqual([what, true]);
    }
    const mine = await app.send('/api/auth/access_tokens', { headers: owner.authorization });
    expect((mine.json() as { results: object[] }).results).toMatchObject([{ name: 'hers' }]);
  });

  it('both refuse a person whose account was closed meanwhile', async () => {
    const person = await app.register();
    const visitor = createVisitor(app);
    await visitor.signIn(person.username, person.password);
    const admin = app.browser();
    await admin.send('/api/auth/login', { method: 'POST', body: app.admin });
    await admin.send(`/api/users/${person.id}`, { method: 'PATCH', body: { is_active: false } });
    expect((await visitor.browser.send('/api/users/self')).status).toBe(401);
    expect((await visitor.open('/account/tokens')).address).toBe('/account/sign-in?next=%2Faccount%2Ftokens');
  });
});
