import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { StartError } from '../../../../src/kernel/start-error.js';
import { readSignOnSettings } from '../../../../src/platform/config/auth-config.js';
import { loadConfig } from '../../../../src/platform/config/load.js';

const folder = mkdtempSync(path.join(tmpdir(), 'auth-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const FILE = path.join(folder, 'auth_config.yml');

const readFileAt = (file: string) => readSignOnSettings(loadConfig({ AUTH_CONFIG_PATH: file }));

/** @returns the sentence of a refusal. @throws Error if the file was read, or for any other error */
function refusalOf(file: string): string {
  try {
    readFileAt(file);
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
  throw new Error('It was read.');
}

function refusal(content: string | object): string {
  writeFileSync(FILE, typeof content === 'string' ? content : JSON.stringify(content));
  return refusalOf(FILE);
}

const entry = (keys: object) => ({
  id: 'idp',
  protocol: 'OIDC',
  name: 'Example ID',
  server_url: 'https://id.example.org',
  client_id: 'cvat',
  client_secret: 'a secret',
  ...keys,
});
const providers = (...list: readonly unknown[]) => ({ sso: { enabled: true, identity_providers: list } });
const one = (keys: object) => providers(entry(keys));
/** A key that JavaScript gives a meaning of its own, as YAML has it. */
const PROTO = JSON.parse('{"__proto__": {"enabled": true}}') as object;

const unknownKey = (key: string) => `AUTH_CONFIG_PATH: ${key} is no key of this file: remove or correct it.`;
const invalid = (key: string, why: string) => `AUTH_CONFIG_PATH: ${key} is not valid (${why}): correct it.`;
const ENTRY = 'sso.identity_providers.0';
const TEXT = 'it must be a text in quotes';
const FLAG = 'it must be true or false';

describe('A file with an unknown key, which would have no effect, is refused', () => {
  it.each([
    [{ ssso: {} }, 'ssso'],
    [{ basic: { logout: {} } }, 'basic.logout'],
    [{ basic: { login: { enable: true } } }, 'basic.login.enable'],
    [{ basic: { registration: { mode: 'open' } } }, 'basic.registration.mode'],
    [{ social_account: { gitlab: {} } }, 'social_account.gitlab'],
    [{ sso: { pkce: true } }, 'sso.pkce'],
    [one({ clientid: 'x' }), `${ENTRY}.clientid`],
    [one({ claims: { mail: 'mail' } }), `${ENTRY}.claims.mail`],
    [one({ groups: { admins: ['a'] } }), `${ENTRY}.groups.admins`],
    [one({ organizations: { a: { slug: 'a', name: 'A' } } }), `${ENTRY}.organizations.a.name`],
    [providers(entry({}), entry({ id: 'b', domain: 'x' })), 'sso.identity_providers.1.domain'],
    [{ constructor: 1 }, 'constructor'],
    [PROTO, '__proto__'],
    [{ basic: PROTO }, '__proto__'],
    [{ sso: PROTO }, '__proto__'],
    [providers({ ...entry({}), ...JSON.parse('{"toString": 1}') }), `${ENTRY}.toString`],
  ])('%j', (content, key) => {
    expect(refusal(content)).toBe(unknownKey(key));
  });

  it('also below a key of a record that JavaScript gives a meaning', () => {
    const content = `sso: { enabled: true, identity_providers: [
      { id: a, protocol: OIDC, name: A, server_url: "https://a.example", client_id: c, client_secret: s,
        organizations: { __proto__: { slug: a } } } ] }`;
    expect(refusal(content)).toBe(unknownKey('__proto__'));
    expect(Object.prototype).not.toHaveProperty('slug');
  });
});

describe('A file with a value that can not be meant is refused', () => {
  it.each([
    [{ basic: { login: { enabled: 'no way' } } }, 'basic.login.enabled', FLAG],
    [{ social_account: { enabled: 1 } }, 'social_account.enabled', FLAG],
    [{ sso: { enabled: 'true' } }, 'sso.enabled', FLAG],
    [{ sso: { enable_pkce: 'off' } }, 'sso.enable_pkce', FLAG],
    [
      one({ id: 'a b' }),
      `${ENTRY}.id`,
      'it must be 1 to 64 letters, digits, hyphens and underscores of ASCII',
    ],
    [
      one({ id: '../a' }),
      `${ENTRY}.id`,
      'it must be 1 to 64 letters, digits, hyphens and underscores of ASCII',
    ],
    [one({ protocol: 'oidc' }), `${ENTRY}.protocol`, 'it must be OIDC'],
    [one({ mfa: true }), `${ENTRY}.mfa`, 'it must be trust_amr'],
    [one({ protocol: undefined }), `${ENTRY}.protocol`, 'it must be OIDC'],
    [one({ client_id: 12_345 }), `${ENTRY}.client_id`, TEXT],
    [one({ client_id: undefined }), `${ENTRY}.client_id`, 'it is missing'],
    [one({ client_secret: ['a'] }), `${ENTRY}.client_secret`, TEXT],
    [one({ name: '' }), `${ENTRY}.name`, 'it is empty'],
    [one({ name: 'x'.repeat(2001) }), `${ENTRY}.name`, 'it has more than 2000 characters'],
    [one({ weight: '1' }), `${ENTRY}.weight`, 'it must be a number'],
    [one({ scope: 'email profile' }), `${ENTRY}.scope`, 'it must contain openid'],
    [
      one({ email_domain: 'a.example, b.example' }),
      `${ENTRY}.email_domain`,
      'it must be one domain such as example.org',
    ],
    [
      one({ email_domain: '*.example.org' }),
      `${ENTRY}.email_domain`,
      'it must be one domain such as example.org',
    ],
    [one({ email_domain: '@' }), `${ENTRY}.email_domain`, 'it must be one domain such as example.org'],
    [
      one({ groups: { admin: 7 } }),
      `${ENTRY}.groups.admin`,
      'it must be a text in quotes, or a list of them',
    ],
    [
      one({ groups: { worker: [7] } }),
      `${ENTRY}.groups.worker`,
      'it must be a text in quotes, or a list of them',
    ],
    [one({ claims: { groups: true } }), `${ENTRY}.claims.groups`, TEXT],
    [one({ organizations: { a: { role: 'worker' } } }), `${ENTRY}.organizations.a.slug`, 'it is missing'],
  ])('%j', (content, key, why) => {
    expect(refusal(content)).toBe(invalid(key, why));
  });

  it.each([
    [{ sso: { selection_mode: 'random' } }, 'sso.selection_mode', '"email_address"|"lowest_weight"'],
    [
      one({ token_auth_method: 'none' }),
      `${ENTRY}.token_auth_method`,
      '"client_secret_basic"|"client_secret_post"',
    ],
    [
      one({ organizations: { a: { slug: 'a', role: 'owner' } } }),
      `${ENTRY}.organizations.a.role`,
      '"worker"|"supervisor"|"maintainer"',
    ],
  ])('and told what can be: %j', (content, key, choices) => {
    expect(refusal(content)).toBe(invalid(key, `Invalid option: expected one of ${choices}`));
  });

  it.each([
    ['[]', 'the file', 'object', 'array'],
    ['a sentence', 'the file', 'object', 'string'],
    ['basic:', 'basic', 'object', 'null'],
    ['social_account: { google: }', 'social_account.google', 'object', 'null'],
    ['sso: { identity_providers: { id: a } }', 'sso.identity_providers', 'array', 'object'],
    ['sso: { enabled: true, identity_providers: [ a ] }', ENTRY, 'object', 'string'],
  ])('and told its kind: %s', (content, key, expected, received) => {
    expect(refusal(content)).toBe(invalid(key, `Invalid input: expected ${expected}, received ${received}`));
  });

  it('if it speaks SAML, whatever else it has', () => {
    const saml = { id: 'okta', protocol: 'SAML', name: 'Okta', entity_id: 'x', attribute_mapping: {} };
    expect(refusal(providers(entry({}), saml))).toBe(
      'AUTH_CONFIG_PATH: sso.identity_providers.1 has the protocol SAML, which this server does not have yet: use OIDC, or remove the provider.',
    );
  });

  it('if two providers have one id, also one of another kind', () => {
    const twice = (id: string) => `AUTH_CONFIG_PATH: two providers have the id "${id}": give each its own.`;
    expect(refusal(providers(entry({}), entry({ name: 'Other' })))).toBe(twice('idp'));
    const google = { enabled: true, google: { client_id: 'a', client_secret: 'b' } };
    expect(refusal({ social_account: google, ...one({ id: 'google' }) })).toBe(twice('google'));
    const cognito = {
      enabled: true,
      amazon_cognito: { client_id: 'a', client_secret: 'b', domain: 'https://x.example.org' },
    };
    expect(refusal({ social_account: cognito, ...one({ id: 'amazon_cognito' }) })).toBe(
      twice('amazon_cognito'),
    );
  });
});

/** Nine lines that stand for 9⁹ words. */
const BOMB = Array.from({ length: 9 }, (_, level) => {
  const item = level === 0 ? 'x' : `*a${level - 1}`;
  return `a${level}: &a${level} [${Array(9).fill(item).join(',')}]`;
}).join('\n');

describe('A file that is no YAML', () => {
  it.each([
    ['twice the same key', 'basic: {}\nbasic: {}\n', 2],
    ['a list that does not end', 'sso: [', 1],
    ['a quote that does not end', '\n\nsso: "', 3],
    ['two documents', 'basic: {}\n---\nsso: {}\n', 2],
    ['a tag that nobody knows', 'basic:\n  !secret x\n', 2],
    ['braces without an end', '{'.repeat(10_000), 1],
  ])('is told by its line: %s', (_what, content, line) => {
    expect(refusal(content)).toBe(
      `AUTH_CONFIG_PATH is "${FILE}", which is not valid YAML in line ${line}: correct the file.`,
    );
  });

  it.each([
    ['an alias without its anchor', 'sso: *nowhere'],
    ['a list that contains itself', 'sso: &a [*a]'],
    ['a bomb of aliases', BOMB],
  ])('is refused at once: %s', (_what, content) => {
    expect(refusal(content)).toBe(
      `AUTH_CONFIG_PATH is "${FILE}", which has aliases that lead nowhere or are too many: correct the file.`,
    );
  });

  it('makes no noise of its own', () => {
    const noise = vi.spyOn(process, 'emitWarning');
    refusal('? [a]\n: 1\n');
    refusal('sso: !vault x');
    expect(noise).not.toHaveBeenCalled();
    noise.mockRestore();
  });
});

describe('A file that is not there', () => {
  const unreadable = (file: string) =>
    `AUTH_CONFIG_PATH is "${file}", which can't be read: correct the path or its rights.`;

  it('is told from one that is not YAML', () => {
    const missing = path.join(folder, 'missing.yml');
    expect(refusalOf(missing)).toBe(unreadable(missing));
    expect(refusalOf(folder)).toBe(unreadable(folder));
  });
});
