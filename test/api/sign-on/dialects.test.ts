import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { startScriptedProvider } from '../../support/hostile-provider.js';
import { openIdEntry, problemIn, signOn, whoIs, writeAuthConfig } from '../../support/sign-on.js';

/** What providers send that docs/single-sign-on.md describes, as each of them sends it. */

const provider = await startScriptedProvider();
afterAll(provider.stop);

const ADMINS = '8d3f1a2b-6c7d-4e8f-9a0b-1c2d3e4f5a6b';
const entry = (id: string, more: object) => openIdEntry(provider, { id, ...more });

const app = useTestApp({
  env: {
    AUTH_CONFIG_PATH: writeAuthConfig({
      sso: {
        enabled: true,
        identity_providers: [
          entry('local', { email_domain: 'corp.example' }),
          entry('entra', { groups: { admin: [ADMINS], require: [ADMINS, 'others'] } }),
          entry('entra-roles', { claims: { groups: 'roles' }, groups: { admin: 'Cvat.Admin' } }),
          entry('entra-edov', { claims: { email_verified: 'xms_edov' }, email_domain: 'corp.example' }),
          entry('okta', { scope: 'openid email profile groups', groups: { admin: 'cvat-admins' } }),
          entry('keycloak', { groups: { admin: 'cvat-admins' } }),
          entry('cognito', {
            claims: { username: 'cognito:username', groups: 'cognito:groups' },
            groups: { admin: ['cvat-admins'] },
          }),
        ],
      },
    }),
  },
});

let counter = 0;
beforeEach(() => {
  counter += 1;
});

/** Signs a person in, with claims over the ones that all have. @returns what became of it */
async function enter(id: string, claims: Readonly<Record<string, unknown>>) {
  provider.person = { sub: `${id}-${counter}`, email: `p${counter}@corp.example`, ...claims };
  const browser = app.browser();
  const problem = problemIn(await signOn(browser, { id }));
  return { problem, self: await whoIs(browser) };
}

describe('Entra ID', () => {
  it('sends object ids of groups, and none at all to people in more than 200', async () => {
    const claims = { preferred_username: `ada${counter}@corp.example` };
    expect(await enter('entra', { ...claims, groups: [ADMINS] })).toMatchObject({
      problem: null,
      self: { is_superuser: true, username: `ada${counter}@corp.example` },
    });
    const overage = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'https://x' } } };
    expect(await enter('entra', { ...claims, ...overage })).toEqual({ problem: 'group', self: null });
    expect((await enter('entra', { ...claims, groups: ['others'] })).self).toMatchObject({
      is_superuser: false,
    });
  });

  it('sends app roles by their names in a claim of their own', async () => {
    const { self } = await enter('entra-roles', { roles: ['Cvat.Admin'] });
    expect(self).toMatchObject({ is_superuser: true });
  });

  it('vouches for an address by xms_edov if that is true, and by nothing else', async () => {
    const email = `edov${counter}@corp.example`;
    const { self } = await enter('local', { email, email_verified: true });
    const linked = (xms_edov: unknown) =>
      enter('entra-edov', { email, xms_edov, sub: `e-${String(xms_edov)}` });
    for (const value of [undefined, false, '0', 1]) expect((await linked(value)).problem).toBe('email_taken');
    expect((await linked(true)).self?.['id']).toBe(self?.['id']);
  });
});

describe('Okta', () => {
  it('sends a thin ID token, and the rest at userinfo', async () => {
    provider.claims = (request, { sub }) => provider.honestClaims(request, { sub });
    const claims = { preferred_username: `okta${counter}`, groups: ['cvat-admins'] };
    const { self } = await enter('okta', claims);
    provider.claims = provider.honestClaims;
    expect(self).toMatchObject({ username: `okta${counter}`, is_superuser: true });
    expect(provider.asked('authorization').at(-1)?.query.get('scope')).toBe('openid email profile groups');
  });
});

describe('Keycloak', () => {
  it('has other names for groups with their full path', async () => {
    expect((await enter('keycloak', { groups: ['/cvat-admins'] })).self).toMatchObject({
      is_superuser: false,
    });
    expect((await enter('keycloak', { groups: ['cvat-admins'] })).self).toMatchObject({ is_superuser: true });
  });
});

describe('Amazon Cognito as an OpenID provider', () => {
  it('sends names and groups in claims with a colon, and no claim without a group', async () => {
    const name = { 'cognito:username': `cog${counter}` };
    expect((await enter('cognito', { ...name, 'cognito:groups': ['cvat-admins'] })).self).toMatchObject({
      username: `cog${counter}`,
      is_superuser: true,
    });
    expect((await enter('cognito', name)).self).toMatchObject({ is_superuser: false });
  });
});
