import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createContainer } from '../../../../src/container.js';
import { systemRandom } from '../../../../src/kernel/random.js';
import { StartError } from '../../../../src/kernel/start-error.js';
import { loadConfig } from '../../../../src/platform/config/load.js';
import { resolveDirectorySettings } from '../../../../src/platform/ldap/settings.js';
import { createLog } from '../../../../src/platform/telemetry/log.js';
import { createTestClock } from '../../../support/clock.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ldap-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

const GOOD = {
  IAM_TYPE: 'LDAP',
  AUTH_LDAP_SERVER_URI: 'ldaps://ldap.example.org',
  AUTH_LDAP_USER_SEARCH_BASE: 'ou=people,dc=example,dc=org',
};
const resolve = (env: Readonly<Record<string, string>>) =>
  resolveDirectorySettings(loadConfig({ ...GOOD, ...env }));

describe('settings of the directory', () => {
  it('need a server and a place to search, no more', () => {
    expect(resolve({})).toMatchObject({
      servers: [{ url: 'ldaps://ldap.example.org:636', host: 'ldap.example.org', port: 636, secure: true }],
      service: null,
      attributes: {
        username: 'uid',
        firstName: 'givenName',
        lastName: 'sn',
        email: 'mail',
        identity: 'entryUUID',
      },
      groups: { kind: 'none' },
      requiredGroup: null,
      timeoutMs: 5000,
      recheckMs: 900_000,
    });
  });

  it('take several servers, ports and IPv6', () => {
    const { servers } = resolve({
      AUTH_LDAP_SERVER_URI: 'ldaps://a.example.org:6636, ldaps://[2001:db8::1]  ldap://localhost',
    });
    expect(servers.map(({ host, port, secure }) => [host, port, secure])).toEqual([
      ['a.example.org', 6636, true],
      ['2001:db8::1', 636, true],
      ['localhost', 389, false],
    ]);
  });

  it('take lists of groups separated by semicolons, in any spelling', () => {
    const env = {
      AUTH_LDAP_ADMIN_GROUPS: 'CN=Admins,DC=x; cn=a\\;b,dc=x ;',
      AUTH_LDAP_REQUIRE_GROUP: 'cn=CVAT, dc=x',
      AUTH_LDAP_GROUP_SEARCH_BASE: 'dc=x',
    };
    const { roleGroups, requiredGroup } = resolve(env);
    expect(roleGroups).toEqual({ admin: ['cn=admins,dc=x', 'cn=a\\3bb,dc=x'], user: [], worker: [] });
    expect(requiredGroup).toBe('cn=cvat,dc=x');
  });

  it('take the attribute map of CVAT’s documentation, and the password from a file', () => {
    const settings = resolve({
      AUTH_LDAP_USER_ATTR_MAP: 'user_name=sAMAccountName; first_name=givenName;',
      AUTH_LDAP_BIND_DN: 'cn=reader,dc=x',
      AUTH_LDAP_BIND_PASSWORD_FILE: file('password', 'from-a-file\n'),
    });
    expect(settings.attributes).toMatchObject({
      username: 'sAMAccountName',
      firstName: 'givenName',
      lastName: null,
      email: null,
    });
    expect(settings.service).toEqual({ dn: 'cn=reader,dc=x', password: 'from-a-file' });
  });

  it.each(['cn=reader,dc=example,dc=org', 'reader@corp.example.org', 'CORP\\reader'])(
    'take %s to search with',
    (dn) => {
      expect(resolve({ AUTH_LDAP_BIND_DN: dn, AUTH_LDAP_BIND_PASSWORD: 'x' }).service?.dn).toBe(dn);
    },
  );

  it.each([
    ['ldap://localhost:389', {}],
    ['ldap://127.0.0.7', {}],
    ['ldap://[::1]', {}],
    ['ldap://ldap.example.org', { AUTH_LDAP_START_TLS: 'true' }],
    ['ldap://ldap.example.org', { AUTH_LDAP_ALLOW_PLAINTEXT: 'true' }],
  ])('allow %s with %j', (uri, env) => {
    expect(resolve({ AUTH_LDAP_SERVER_URI: uri, ...env }).servers).toHaveLength(1);
  });

  it.each([
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: '' }],
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: 'ldap.example.org' }],
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: 'https://ldap.example.org' }],
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: 'ldaps://ldap.example.org/dc=x' }],
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: 'ldaps://user:secret@ldap.example.org' }],
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: 'ldap://ldap.example.org' }],
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: 'ldaps://ok.example.org ldap://127.0.0.1.example.org' }],
    ['AUTH_LDAP_START_TLS', { AUTH_LDAP_START_TLS: 'true' }],
    ['AUTH_LDAP_START_TLS', { AUTH_LDAP_START_TLS: 'maybe' }],
    ['AUTH_LDAP_CA_FILE', { AUTH_LDAP_CA_FILE: path.join(folder, 'missing.pem') }],
    ['AUTH_LDAP_CA_FILE', { AUTH_LDAP_CA_FILE: file('empty.pem', '') }],
    [
      'AUTH_LDAP_CA_FILE',
      {
        AUTH_LDAP_CA_FILE: file('bad.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
      },
    ],
    ['AUTH_LDAP_BIND_PASSWORD', { AUTH_LDAP_BIND_DN: 'cn=reader,dc=x' }],
    ['AUTH_LDAP_BIND_DN', { AUTH_LDAP_BIND_PASSWORD: 'hidden-secret' }],
    ['AUTH_LDAP_BIND_DN', { AUTH_LDAP_BIND_DN: 'reader', AUTH_LDAP_BIND_PASSWORD: 'hidden-secret' }],
    ['AUTH_LDAP_USER_SEARCH_BASE', { AUTH_LDAP_USER_SEARCH_BASE: '' }],
    ['AUTH_LDAP_USER_SEARCH_BASE', { AUTH_LDAP_USER_SEARCH_BASE: 'people' }],
    ['AUTH_LDAP_USER_SEARCH_FILTER', { AUTH_LDAP_USER_SEARCH_FILTER: '(uid=anna)' }],
    ['AUTH_LDAP_USER_SEARCH_FILTER', { AUTH_LDAP_USER_SEARCH_FILTER: '(uid=%(user)s' }],
    ['AUTH_LDAP_USER_SEARCH_BASE', { AUTH_LDAP_USER_DN_TEMPLATE: 'uid=%(user)s,dc=x' }],
    [
      'AUTH_LDAP_USER_DN_TEMPLATE',
      { AUTH_LDAP_USER_SEARCH_BASE: '', AUTH_LDAP_USER_DN_TEMPLATE: '%(user)s@example.org' },
    ],
    [
      'AUTH_LDAP_RECHECK_INTERVAL',
      { AUTH_LDAP_USER_SEARCH_BASE: '', AUTH_LDAP_USER_DN_TEMPLATE: 'uid=%(user)s,dc=x' },
    ],
    ['AUTH_LDAP_USER_ATTR_MAP', { AUTH_LDAP_USER_ATTR_MAP: 'nickname=cn' }],
    ['AUTH_LDAP_USER_ATTR_MAP', { AUTH_LDAP_USER_ATTR_MAP: 'email=mail;email=mailAlias' }],
    ['AUTH_LDAP_USER_ATTR_MAP', { AUTH_LDAP_USER_ATTR_MAP: 'first_name=givenName,last_name=sn' }],
    ['AUTH_LDAP_IDENTITY_ATTRIBUTE', { AUTH_LDAP_IDENTITY_ATTRIBUTE: 'entry uuid' }],
    ['AUTH_LDAP_GROUP_TYPE', { AUTH_LDAP_GROUP_TYPE: 'groups' }],
    ['AUTH_LDAP_GROUP_SEARCH_BASE', { AUTH_LDAP_ADMIN_GROUPS: 'cn=a,dc=x' }],
    [
      'AUTH_LDAP_GROUP_SEARCH_BASE',
      { AUTH_LDAP_REQUIRE_GROUP: 'cn=a,dc=x', AUTH_LDAP_GROUP_SEARCH_BASE: 'groups' },
    ],
    [
      'AUTH_LDAP_GROUP_SEARCH_FILTER',
      {
        AUTH_LDAP_USER_GROUPS: 'cn=a,dc=x',
        AUTH_LDAP_GROUP_SEARCH_BASE: 'dc=x',
        AUTH_LDAP_GROUP_SEARCH_FILTER: 'objectClass=group',
      },
    ],
    ['AUTH_LDAP_ADMIN_GROUPS', { AUTH_LDAP_ADMIN_GROUPS: 'admins' }],
    ['AUTH_LDAP_USER_GROUPS', { AUTH_LDAP_USER_GROUPS: 'cn=a,dc=x;users' }],
    ['AUTH_LDAP_WORKER_GROUPS', { AUTH_LDAP_WORKER_GROUPS: 'workers' }],
    ['AUTH_LDAP_REQUIRE_GROUP', { AUTH_LDAP_REQUIRE_GROUP: 'cvat' }],
    ['AUTH_LDAP_TIMEOUT', { AUTH_LDAP_TIMEOUT: '0' }],
    ['AUTH_LDAP_RECHECK_INTERVAL', { AUTH_LDAP_RECHECK_INTERVAL: '-1' }],
  ])('stop the start with %s in the first words when it is wrong or missing: %j', (name, env) => {
    const start = () => resolve(env);
    expect(start).toThrow(StartError);
    expect(start).toThrow(new RegExp(`^${name} `));
    expect(start).not.toThrow(/hidden-secret|user:secret/);
  });

  it.each([
    ['AUTH_LDAP_SERVER_URI', { AUTH_LDAP_SERVER_URI: '' }],
    ['ACCOUNT_EMAIL_VERIFICATION', { ACCOUNT_EMAIL_VERIFICATION: 'mandatory' }],
  ])('stop the server itself for %s', async (name, env) => {
    const start = createContainer({
      config: loadConfig({ ...GOOD, ...env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }),
      clock: createTestClock(),
      random: systemRandom,
      log: createLog('silent'),
      strict: true,
    });
    await expect(start).rejects.toThrow(new RegExp(`^${name} `));
  });

  it('are not looked at while accounts are local', () => {
    expect(loadConfig({ AUTH_LDAP_SERVER_URI: 'nonsense' }).IAM_TYPE).toBe('BASIC');
  });
});
