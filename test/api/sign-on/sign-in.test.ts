import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import { beginSignOn, comeBackFrom, oneProvider, problemIn, signOn, whoIs } from '../../support/sign-on.js';

const provider = await startScriptedProvider();
afterAll(provider.stop);
const app = useTestApp({
  env: { AUTH_CONFIG_PATH: oneProvider(provider, { email_domain: 'corp.example' }) },
});

let counter = 0;
const newPerson = (more: Readonly<Record<string, unknown>> = {}) => {
  counter += 1;
  const person = {
    sub: `sub-${counter}`,
    email: `someone${counter}@corp.example`,
    email_verified: true,
    preferred_username: `someone${counter}`,
    given_name: 'Some',
    family_name: 'One',
    ...more,
  };
  provider.person = person;
  return person;
};
beforeEach(() => void newPerson());

describe('Signing in at an OpenID provider', () => {
  it('leads to the provider with PKCE, a state and a nonce, and back to a session', async () => {
    const browser = app.browser();
    const address = new URL(await beginSignOn(browser));
    expect(address.origin).toBe(new URL(provider.issuer).origin);
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      redirect_uri: 'http://localhost:0/api/auth/oidc/idp/login/callback/',
      scope: 'openid email profile',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    });
    const answer = await browser.send(await comeBackFrom(address.href));
    expect([answer.status, answer.headers.location]).toEqual([302, '/']);
    expect(answer.setCookies.map((line) => line.split('=')[0])).toEqual(
      expect.arrayContaining(['sessionid', 'sessionfresh', 'csrftoken']),
    );
    expect(await whoIs(browser)).toMatchObject({
      username: `someone${counter}`,
      email: `someone${counter}@corp.example`,
      first_name: 'Some',
      last_name: 'One',
      groups: ['user'],
      is_superuser: false,
    });
  });

  it('finds the same account again, whatever its name and address are by then', async () => {
    await signOn(app.browser());
    newPerson({ sub: `sub-${counter}`, email: 'moved@elsewhere.example', preferred_username: 'renamed' });
    const browser = app.browser();
    await signOn(browser);
    expect(await whoIs(browser)).toMatchObject({ username: `someone${counter - 1}` });
  });

  it.each([
    ['/tasks?page=2', '/tasks?page=2'],
    ['//evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/'],
  ])('goes on to %s as %s', async (next, expected) => {
    const answer = await signOn(app.browser(), { query: { next } });
    expect(answer.headers.location).toBe(expected);
  });

  it('gives a name that is taken a number', async () => {
    const taken = await app.register();
    newPerson({ preferred_username: taken.username.toUpperCase(), email: `${taken.username}@corp.example` });
    const browser = app.browser();
    await signOn(browser);
    expect(await whoIs(browser)).toMatchObject({ username: `${taken.username.toUpperCase()}2` });
  });

  it('opens the session of the user interface with a one-time code that only this browser can use', async () => {
    const browser = app.browser();
    const answer = await signOn(browser, { query: { client: 'ui' } });
    const address = new URL(String(answer.headers.location));
    expect(address.pathname).toBe('/auth/login-with-oidc');
    expect(await whoIs(browser)).toBeNull();
    const body = { code: address.searchParams.get('code') };
    const redeem = (from = browser) => from.send('/api/auth/oidc/idp/login/token/', { method: 'POST', body });
    expect((await redeem(app.browser())).json()).toEqual({ non_field_errors: ['Incorrect value'] });
    expect((await redeem()).json()).toEqual({ key: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(await whoIs(browser)).not.toBeNull();
    expect((await redeem()).status).toBe(400);
  });

  it('refuses codes and tokens of the provider where its own code belongs', async () => {
    const send = (body: unknown) => app.send('/api/auth/oidc/idp/login/token/', { method: 'POST', body });
    expect((await send({ access_token: 'theirs' })).json()).toEqual({
      non_field_errors: ['Incorrect value'],
    });
    expect((await send({})).json()).toEqual({
      non_field_errors: ['Incorrect input. access_token or code is required.'],
    });
  });

  it('says when the person cancelled', async () => {
    provider.redirectParams = { code: undefined, error: 'access_denied' };
    expect(problemIn(await signOn(app.browser()))).toBe('cancelled');
    provider.redirectParams = {};
  });
});

describe('An account that has the address already', () => {
  it('is given to nobody by an address alone', async () => {
    const owner = await app.register();
    newPerson({ email: owner.email });
    const browser = app.browser();
    expect(problemIn(await signOn(browser))).toBe('email_taken');
    expect(await whoIs(browser)).toBeNull();
  });
});
