import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/platform/config/load.js';
import { Settings } from '../../../../src/platform/config/settings.js';
import { type DirectorySettings, resolveDirectorySettings } from '../../../../src/platform/ldap/settings.js';
import { settingsOf } from '../../../support/ldap-document.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ldap-document-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};
/** The files that the document names are on no other machine. */
const FILES = {
  AUTH_LDAP_CA_FILE: file('ca.pem', rootCertificates[0] ?? ''),
  AUTH_LDAP_BIND_PASSWORD_FILE: file('password', 'from-a-file\n'),
};

function resolve(heading: string, index = 0): DirectorySettings {
  const env = settingsOf(heading)[index] ?? {};
  for (const name of Object.keys(env)) {
    const bare = name.replace(/_FILE$/, '');
    expect(
      [name, bare].some((known) => known in Settings.shape),
      name,
    ).toBe(true);
  }
  const files = Object.entries(FILES).filter(([name]) => name in env);
  const config = loadConfig({ ...env, ...Object.fromEntries(files) });
  expect(config.IAM_TYPE).toBe('LDAP');
  return resolveDirectorySettings(config);
}

describe('docs/ldap.md', () => {
  it('has settings of OpenLDAP that work', () => {
    expect(resolve('OpenLDAP')).toMatchObject({
      servers: [{ host: 'ldap.example.org', port: 636, secure: true }],
      service: { dn: 'cn=reader,dc=example,dc=org', password: 'from-a-file' },
      lookup: { kind: 'search', base: 'ou=people,dc=example,dc=org', filter: { attribute: 'uid' } },
      attributes: { username: 'uid', firstName: 'givenName', email: 'mail', identity: 'entryUUID' },
      groups: { kind: 'search', by: 'member', nested: false },
      roleGroups: { user: [expect.stringContaining('cvat-users'), expect.stringContaining('engineers')] },
      recheckMs: 900_000,
    });
  });

  it('has settings for a direct bind that work', () => {
    expect(resolve('OpenLDAP', 1)).toMatchObject({
      servers: [{ host: 'ldap1.example.org' }, { host: 'ldap2.example.org' }],
      dial: { startTls: true },
      service: null,
      lookup: { kind: 'template', template: { attribute: 'uid', base: 'ou=people,dc=example,dc=org' } },
      groups: { kind: 'entry', attribute: 'memberOf' },
      recheckMs: null,
    });
  });

  it('has settings of FreeIPA that work', () => {
    expect(resolve('FreeIPA')).toMatchObject({
      servers: [{ secure: true }, { secure: true }],
      lookup: { kind: 'search', filter: { attribute: 'uid' } },
      attributes: { username: 'uid', identity: 'ipaUniqueID' },
      groups: { kind: 'entry', attribute: 'memberOf' },
      requiredGroup: 'cn=cvat,cn=groups,cn=accounts,dc=example,dc=org',
    });
  });

  it('has settings of Active Directory that work', () => {
    expect(resolve('Active Directory')).toMatchObject({
      service: { dn: 'cvat-reader@corp.example.org' },
      lookup: { kind: 'search', filter: { attribute: 'sAMAccountName' } },
      attributes: { username: 'sAMAccountName', identity: 'objectGUID' },
      groups: { kind: 'search', by: 'chain' },
      roleGroups: { admin: ['cn=cvat admins,ou=groups,dc=corp,dc=example,dc=org'] },
    });
  });

  it('has no other settings, and names each one that there is and none that there is not', () => {
    expect(['OpenLDAP', 'FreeIPA', 'Active Directory'].map((heading) => settingsOf(heading).length)).toEqual([
      2, 1, 1,
    ]);
    const text = readFileSync('docs/ldap.md', 'utf8');
    expect(text.match(/```dotenv/g)).toHaveLength(4);
    const named = new Set(text.match(/\bAUTH_LDAP_[A-Z_]+/g));
    named.delete('AUTH_LDAP_BIND_PASSWORD_FILE');
    const known = Object.keys(Settings.shape).filter((name) => name.startsWith('AUTH_LDAP_'));
    expect([...named].sort()).toEqual(known.sort());
  });
});
