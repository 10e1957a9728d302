import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { StartError } from '../../../../src/kernel/start-error.js';
import { readSignOnSettings, type SignOnSettings } from '../../../../src/platform/config/auth-config.js';
import { loadConfig } from '../../../../src/platform/config/load.js';

const folder = mkdtempSync(path.join(tmpdir(), 'auth-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let counter = 0;
const write = (content: string): string => {
  counter += 1;
  const file = path.join(folder, `${counter}.yml`);
  writeFileSync(file, content);
  return file;
};

type Environment = Readonly<Record<string, string>>;

const readEnv = (environment: Environment): SignOnSettings => readSignOnSettings(loadConfig(environment));
const read = (content: string, environment: Environment = {}): SignOnSettings =>
  readEnv({ AUTH_CONFIG_PATH: write(content), ...environment });

/** @returns the sentence that the operator sees; numbers of files are left out. @throws any other error */
function sentenceOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return error.message.replaceAll(folder, '').replace(/"\/\d+\.yml"/, '"FILE"');
  }
  throw new Error('It was read.');
}
const refusal = (content: string, environment: Environment = {}): string =>
  sentenceOf(() => read(content, environment));

/** A file with one provider. @param lines more keys of it; undefined takes one away */
const provider = (lines: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ sso: { enabled: true, identity_providers: [entry(lines)] } });

const entry = (lines: Readonly<Record<string, unknown>> = {}) => ({
  id: 'idp',
  protocol: 'OIDC',
  name: 'Example ID',
  server_url: 'https://id.example.org/realms/cvat',
  client_id: 'cvat',
  client_secret: 'a secret',
  ...lines,
});

const PLACE = 'AUTH_CONFIG_PATH: sso.identity_providers.0';

describe('The file of CVAT Enterprise', () => {
  it('turns nothing on while it is empty, or has only comments', () => {
    const nothing = {
      providers: [],
      selection: 'email_address',
      allowsPasswords: true,
      allowsRegistration: true,
      warnings: [],
    };
    for (const content of ['', '\n# nothing yet\n', '---\n', '{}']) expect(read(content)).toEqual(nothing);
    expect(readEnv({})).toEqual(nothing);
  });

  it('gives a provider defaults for all that it does not say', () => {
    expect(read(provider()).providers).toEqual([
      {
        id: 'idp',
        name: 'Example ID',
        kind: 'openid',
        family: 'oidc',
        issuer: 'https://id.example.org/realms/cvat',
        clientId: 'cvat',
        clientSecret: 'a secret',
        tokenAuthMethod: null,
        scope: 'openid email profile',
        trustsAmr: false,
        emailDomain: null,
        weight: 10,
        claims: {
          uid: 'sub',
          username: 'preferred_username',
          email: 'email',
          first_name: 'given_name',
          last_name: 'family_name',
          email_verified: 'email_verified',
          groups: 'groups',
        },
        rules: { roles: null, required: null, organizations: {} },
      },
    ]);
  });

  it('is taken with every key of a provider', () => {
    const content = `---
basic:
  registration: { enabled: false }
  login: { enabled: false }
sso:
  enabled: true
  selection_mode: lowest_weight
  enable_pkce: true
  identity_providers:
    - id: Okta_1-a
      protocol: OIDC
      name: Okta
      server_url: https://acme.okta.com/oauth2/default/.well-known/openid-configuration
      client_id: abc
      client_secret: def
      token_auth_method: client_secret_post
      email_domain: "@Example.ORG"
      weight: 1.5
      scope: openid email groups
      mfa: trust_amr
      claims:
        { uid: oid, username: upn, email: mail, first_name: fn, last_name: ln, email_verified: ev, groups: roles }
      groups: { admin: admins, user: [users, staff], worker: workers, require: [cvat] }
      organizations:
        team-a: { slug: teama, role: maintainer }
        team-b: { slug: teamb }
`;
    expect(read(content)).toEqual({
      selection: 'lowest_weight',
      allowsPasswords: false,
      allowsRegistration: false,
      warnings: [],
      providers: [
        {
          id: 'Okta_1-a',
          name: 'Okta',
          kind: 'openid',
          family: 'oidc',
          issuer: 'https://acme.okta.com/oauth2/default',
          clientId: 'abc',
          clientSecret: 'def',
          tokenAuthMethod: 'client_secret_post',
          scope: 'openid email groups',
          trustsAmr: true,
          emailDomain: 'example.org',
          weight: 1.5,
          claims: {
            uid: 'oid',
            username: 'upn',
            email: 'mail',
            first_name: 'fn',
            last_name: 'ln',
            email_verified: 'ev',
            groups: 'roles',
          },
          rules: {
            roles: { admin: ['admins'], user: ['users', 'staff'], worker: ['workers'] },
            required: ['cvat'],
            organizations: {
              'team-a': { slug: 'teama', role: 'maintainer' },
              'team-b': { slug: 'teamb', role: 'worker' },
            },
          },
        },
      ],
    });
  });

  it('gives roles by groups only if it names groups for them', () => {
    const rulesOf = (groups: object) => read(provider({ groups })).providers[0]?.rules;
    expect(rulesOf({})).toEqual({ roles: null, required: null, organizations: {} });
    expect(rulesOf({ require: 'cvat' })).toMatchObject({ roles: null, required: ['cvat'] });
    expect(rulesOf({ admin: 'a' })).toMatchObject({ roles: { admin: ['a'], user: [], worker: [] } });
  });

  it('is read as CVAT reads it: yes and no are words of YAML 1.1, and keys can be merged', () => {
    const content = `
shared: &shared { enabled: yes }
`;
    expect(refusal(content)).toContain('shared is no key of this file');
    const merged = `
sso:
  enabled: yes
  enable_pkce: on
  identity_providers:
    - &first { id: a, protocol: OIDC, name: A, server_url: "https://a.example", client_id: c, client_secret: s }
    - { <<: *first, id: b, name: B }
`;
    expect(read(merged).providers.map(({ id, name, clientId }) => [id, name, clientId])).toEqual([
      ['a', 'A', 'c'],
      ['b', 'B', 'c'],
    ]);
  });

  it('leaves out providers while their part is turned off', () => {
    const social = { google: { client_id: 'a', client_secret: 'b' } };
    const off = { social_account: social, sso: { identity_providers: [entry()] } };
    expect(read(JSON.stringify(off)).providers).toEqual([]);
  });

  it('is warned about if it turns PKCE off, which nobody can', () => {
    const warnings = (enable: boolean) => read(JSON.stringify({ sso: { enable_pkce: enable } })).warnings;
    expect(warnings(true)).toEqual([]);
    expect(warnings(false)).toEqual([
      'AUTH_CONFIG_PATH: sso.enable_pkce is false and has no effect: this server always uses PKCE.',
    ]);
  });
});

describe('Google, GitHub and Amazon Cognito', () => {
  const client = { client_id: 'id', client_secret: 'secret' };
  const social = (accounts: object): string =>
    JSON.stringify({ social_account: { enabled: true, ...accounts } });

  it('need a client, and Cognito its domain', () => {
    const { providers } = read(
      social({
        google: client,
        github: client,
        amazon_cognito: { ...client, domain: 'https://acme.auth.eu-west-1.amazoncognito.com/' },
      }),
    );
    const shared = {
      family: 'social',
      clientId: 'id',
      clientSecret: 'secret',
      emailDomain: null,
      weight: 10,
    };
    expect(providers).toMatchObject([
      {
        ...shared,
        id: 'google',
        name: 'Google',
        kind: 'openid',
        issuer: 'https://accounts.google.com',
        tokenAuthMethod: 'client_secret_post',
        scope: 'openid email profile',
      },
      { ...shared, id: 'github', name: 'GitHub', kind: 'github', serverUrl: 'https://github.com' },
      {
        ...shared,
        id: 'amazon-cognito',
        name: 'Amazon Cognito',
        kind: 'cognito',
        domain: 'https://acme.auth.eu-west-1.amazoncognito.com',
      },
    ]);
  });

  it('take both spellings of Cognito, and a domain without its scheme', () => {
    const domainOf = (accounts: object) => read(social(accounts)).providers[0];
    expect(domainOf({ 'amazon-cognito': { ...client, domain: 'login.example.org' } })).toMatchObject({
      id: 'amazon-cognito',
      domain: 'https://login.example.org',
    });
    const cognito = { ...client, domain: 'https://login.example.org' };
    expect(refusal(social({ amazon_cognito: cognito, 'amazon-cognito': cognito }))).toBe(
      'AUTH_CONFIG_PATH: social_account has both amazon_cognito and amazon-cognito: keep one of them.',
    );
  });

  it('know a GitHub with a slash at its end as the same GitHub', () => {
    const { providers } = read(social({ github: { ...client, server_url: 'https://github.com/' } }));
    expect(providers).toMatchObject([{ serverUrl: 'https://github.com' }]);
  });

  it.each([
    [{ gitlab: client }, 'social_account.gitlab is no key of this file: remove or correct it'],
    [
      { google: { ...client, claims: {} } },
      'social_account.google.claims is no key of this file: remove or correct it',
    ],
    [
      { github: { client_secret: 's' } },
      'social_account.github.client_id is not valid (it is missing): correct it',
    ],
    [
      { github: { client_id: 'a' } },
      'social_account.github needs either client_secret or client_secret_file',
    ],
    [
      { amazon_cognito: client },
      'social_account.amazon_cognito.domain is not valid (it is missing): correct it',
    ],
    [
      { github: { ...client, server_url: 'http://git.example.org' } },
      'social_account.github.server_url is no https:// URL: identity providers need HTTPS, unless they run on this machine; correct it',
    ],
  ])('with %j are refused with one sentence', (accounts, sentence) => {
    expect(refusal(social(accounts))).toBe(`AUTH_CONFIG_PATH: ${sentence}.`);
  });
});

describe('A secret', () => {
  const withFile = (content: string) =>
    provider({ client_secret: undefined, client_secret_file: write(content) });

  it('can be in a file of its own, whose last line end does not count', () => {
    const secretOf = (content: string) => read(withFile(content)).providers[0]?.clientSecret;
    expect(secretOf('from a file\n')).toBe('from a file');
    expect(secretOf('from a file\r\n')).toBe('from a file');
    expect(secretOf(' from a file ')).toBe(' from a file ');
  });

  it('is needed once: neither missing, nor in both places, nor empty', () => {
    const either = `${PLACE} needs either client_secret or client_secret_file.`;
    expect(refusal(provider({ client_secret: undefined }))).toBe(either);
    expect(refusal(provider({ client_secret_file: write('x') }))).toBe(either);
    expect(refusal(withFile('\n'))).toBe(
      `${PLACE}.client_secret_file names an empty file: write the secret into it.`,
    );
    expect(refusal(provider({ client_secret: '' }))).toBe(
      `${PLACE}.client_secret is not valid (it is empty): correct it.`,
    );
  });

  it('in a file that is not there is missed by its key', () => {
    const missing = provider({ client_secret: undefined, client_secret_file: path.join(folder, 'none') });
    expect(refusal(missing)).toBe(
      `${PLACE}.client_secret_file can't be read: correct the path or its rights.`,
    );
  });

  it('is repeated in no sentence', () => {
    const marked = 'Nobody-May-Read-This';
    for (const content of [
      provider({ client_secret: marked, clientid: 'x' }),
      `client_secret: ${marked}\nclient_secret: ${marked}`,
      `client_secret: "${marked}`,
      `client_secret: !vault ${marked}`,
    ])
      expect(refusal(content)).not.toContain(marked);
  });
});

describe('One provider without a file', () => {
  const OIDC = { OIDC_ISSUER: 'https://id.example.org', OIDC_CLIENT_ID: 'cvat', OIDC_CLIENT_SECRET: 's' };

  it('has the id oidc, and its name and domain from their settings', () => {
    expect(readEnv(OIDC).providers).toMatchObject([
      { id: 'oidc', family: 'oidc', name: 'Single sign-on', emailDomain: null, clientSecret: 's' },
    ]);
    const secret = write('from a file\n');
    const { OIDC_CLIENT_SECRET: _, ...others } = OIDC;
    const more = {
      OIDC_CLIENT_SECRET_FILE: secret,
      OIDC_NAME: 'Keycloak',
      OIDC_EMAIL_DOMAIN: '@Example.org',
    };
    expect(readEnv({ ...others, ...more }).providers).toMatchObject([
      { name: 'Keycloak', emailDomain: 'example.org', clientSecret: 'from a file' },
    ]);
  });

  it('can stand beside those of a file, which must not have its id', () => {
    expect(read(provider(), OIDC).providers.map(({ id }) => id)).toEqual(['idp', 'oidc']);
    expect(refusal(provider({ id: 'oidc' }), OIDC)).toBe(
      'AUTH_CONFIG_PATH: two providers have the id "oidc": give each its own.',
    );
  });

  it.each(['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const)(
    'is refused without %s',
    (name) => {
      expect(sentenceOf(() => readEnv({ ...OIDC, [name]: '' }))).toBe(
        'OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET belong together: set all three, or none.',
      );
    },
  );

  it('is refused by the name of the setting', () => {
    expect(sentenceOf(() => readEnv({ ...OIDC, OIDC_ISSUER: 'http://id.example.org' }))).toBe(
      'OIDC_ISSUER is no https:// URL: identity providers need HTTPS, unless they run on this machine; correct it.',
    );
    expect(sentenceOf(() => readEnv({ ...OIDC, OIDC_EMAIL_DOMAIN: 'a.example, b.example' }))).toBe(
      'OIDC_EMAIL_DOMAIN is not valid: it must be one domain such as example.org.',
    );
  });
});

describe('The address of a provider', () => {
  it.each([
    'https://id.example.org',
    'https://id.example.org:8443/realms/a/',
    'http://localhost:8080/realms/a',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ])('can be %s', (url) => {
    expect(read(provider({ server_url: url })).providers).toMatchObject([{ issuer: url }]);
  });

  it.each([
    'http://id.example.org',
    'http://localhost.example.org',
    'http://10.0.0.1',
    'ftp://id.example.org',
    'id.example.org',
    '//id.example.org',
    'javascript:alert(1)',
  ])('can not be %s', (url) => {
    expect(refusal(provider({ server_url: url }))).toBe(
      `${PLACE}.server_url is no https:// URL: identity providers need HTTPS, unless they run on this machine; correct it.`,
    );
  });

  it.each([
    'https://user@id.example.org',
    'https://:word@id.example.org',
    'https://id.example.org?realm=a',
    'https://id.example.org/#a',
  ])('is no address with more in it: %s', (url) => {
    expect(refusal(provider({ server_url: url }))).toBe(
      `${PLACE}.server_url must have no user name, password, query or fragment: remove it.`,
    );
  });
});
