import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { type ScriptedProvider, startScriptedProvider } from '../../support/hostile-provider.js';
import { openIdEntry, problemIn, signOn, whoIs, writeAuthConfig } from '../../support/sign-on.js';

/** What configurations and discovery documents may leave open. */

const WELL_KNOWN = '/.well-known/openid-configuration';

/** As Authentik: its issuer has a path, and a slash at the end. */
async function startWithSlash(): Promise<ScriptedProvider> {
  const provider = await startScriptedProvider({ paths: { discovery: `/o/cvat${WELL_KNOWN}` } });
  const issuer = `${provider.url}/o/cvat/`;
  provider.discovery = { issuer };
  provider.redirectParams = { iss: issuer };
  provider.claims = (request, person) => ({ ...provider.honestClaims(request, person), iss: issuer });
  return provider;
}

const [slashed, moved, post, google, theirs] = await Promise.all([
  startWithSlash(),
  startScriptedProvider(),
  startScriptedProvider({ clientAuthentication: ['post'] }),
  startScriptedProvider(),
  startScriptedProvider(),
]);
moved.discovery = { issuer: `${moved.url}/moved` };
post.discovery = { token_endpoint_auth_methods_supported: ['client_secret_post'] };
afterAll(() => Promise.all([slashed, moved, post, google, theirs].map(({ stop }) => stop())));

const app = useTestApp({
  env: {
    AUTH_CONFIG_PATH: writeAuthConfig({
      sso: {
        enabled: true,
        identity_providers: [
          openIdEntry(slashed, { id: 'without', server_url: `${slashed.url}/o/cvat` }),
          openIdEntry(slashed, { id: 'with', server_url: `${slashed.url}/o/cvat/` }),
          openIdEntry(slashed, { id: 'document', server_url: `${slashed.url}/o/cvat${WELL_KNOWN}` }),
          openIdEntry(moved, { id: 'moved' }),
          openIdEntry(post, { id: 'post' }),
          openIdEntry(theirs, { id: 'theirs', email_domain: 'gmail.com' }),
          openIdEntry(google, { id: 'google' }),
        ],
      },
    }),
  },
});

let counter = 0;
beforeEach(() => {
  counter += 1;
});
const named = (name: string) => ({
  sub: `${name}-${counter}`,
  email: `${name}${counter}@corp.example`,
  preferred_username: `${name}${counter}`,
});

describe('The address of a provider', () => {
  it.each(['without', 'with', 'document'])('leads to an issuer with a slash at its end: %s', async (id) => {
    slashed.person = named(id);
    const browser = app.browser();
    expect(problemIn(await signOn(browser, { id }))).toBeNull();
    expect(await whoIs(browser)).toMatchObject({ username: `${id}${counter}` });
  });

  it('leads to no issuer that differs in more', async () => {
    expect(problemIn(await app.send('/api/auth/oidc/moved/login/'))).toBe('unreachable');
    expect(moved.asked('discovery')).not.toEqual([]);
  });
});

describe('The secret of this server', () => {
  it('is sent in the way that the document of the provider names', async () => {
    post.person = named('post');
    const browser = app.browser();
    expect(problemIn(await signOn(browser, { id: 'post' }))).toBeNull();
    expect(await whoIs(browser)).not.toBeNull();
    expect(post.asked('token').at(-1)?.headers.authorization).toBeUndefined();
  });
});

describe('A provider that only has the id google', () => {
  it('is not believed what Google is: that addresses of gmail.com, or of a domain that it names, are its own', async () => {
    const person = { email: `g${counter}@gmail.com`, email_verified: true };
    theirs.person = { sub: `t-${counter}`, ...person };
    expect(problemIn(await signOn(app.browser(), { id: 'theirs' }))).toBeNull();
    google.person = { sub: `g-${counter}`, ...person, hd: 'gmail.com' };
    const browser = app.browser();
    expect(problemIn(await signOn(browser, { id: 'google' }))).toBe('email_taken');
    expect(await whoIs(browser)).toBeNull();
  });
});
