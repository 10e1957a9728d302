import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/kernel/clock.js';
import { loadConfig } from '../../src/platform/config/load.js';
import { createDirectory, type Directory } from '../../src/platform/ldap/directory.js';
import { resolveDirectorySettings } from '../../src/platform/ldap/settings.js';
import { startActiveDirectory } from '../support/active-directory.js';
import {
  BASE,
  directoryEnv,
  findSlapd,
  GROUPS,
  PASSWORD,
  PEOPLE,
  READER,
  uniqueName,
  useDirectory,
} from '../support/ldap.js';

const CROWD = 10_000;
/** Names any group, so that groups are asked for. */
const ANY_GROUP = { AUTH_LDAP_USER_GROUPS: `cn=any,${GROUPS}` };

describe.skipIf(findSlapd() === undefined)('a directory of ten thousand people', () => {
  const opened: Directory[] = [];
  const slapd = useDirectory({ crowd: CROWD });
  beforeAll(async () => {
    await makeGroups();
  });
  afterEach(() => {
    for (const directory of opened.splice(0)) directory.close();
  });

  const open = (env: Readonly<Record<string, string>> = {}): Directory => {
    const settings = resolveDirectorySettings(
      loadConfig({ ...directoryEnv(slapd), AUTH_LDAP_TIMEOUT: '30', ...ANY_GROUP, ...env }),
    );
    const directory = createDirectory(settings, systemClock);
    opened.push(directory);
    return directory;
  };
  const signIn = async (directory: Directory, name: string, password = PASSWORD) => {
    const deadline = directory.startDeadline();
    const located = await directory.locate(name, deadline);
    return located.kind === 'refused' ? located : directory.verify(located, password, deadline);
  };
  const groupsOf = async (directory: Directory, name: string): Promise<readonly string[]> => {
    const member = await signIn(directory, name);
    if (member.kind === 'refused') throw new Error(member.reason);
    return [...member.groups].sort();
  };
  const group = (cn: string): string => `cn=${cn},${GROUPS}`;

  async function makeGroups(): Promise<void> {
    const dn = await slapd.addPerson('grouped', { gidNumber: '4242' });
    const inner = await slapd.setGroup('inner', [dn]);
    const outer = await slapd.setGroup('outer', [inner]);
    await slapd.setGroup('outermost', [outer]);
    await slapd.change(inner, { member: [dn, group('outermost')] });
    const unique = await slapd.setGroup('unique-inner', [dn], 'groupOfUniqueNames');
    await slapd.setGroup('unique-outer', [unique], 'groupOfUniqueNames');
    const posix = (cn: string, more: Record<string, string>) =>
      slapd.add(group(cn), { objectClass: 'posixGroup', cn, ...more });
    await posix('posix-named', { gidNumber: '17', memberUid: 'grouped' });
    await posix('posix-primary', { gidNumber: '4242' });
    await posix('posix-other', { gidNumber: '18', memberUid: 'u1' });
  }

  it('finds each of them, and nobody else', async () => {
    const directory = open();
    for (const number of [0, 1, 4711, CROWD - 1]) {
      const member = await signIn(directory, `u${number}`);
      expect(member).toMatchObject({ kind: 'member', person: { dn: `uid=u${number},${PEOPLE}` } });
    }
    expect((await signIn(directory, `u${CROWD}`)).kind).toBe('refused');
    expect((await signIn(directory, 'u4711', 'wrong')).kind).toBe('refused');
  });

  it.each([
    '*',
    'u*',
    'u1)(uid=*',
    '*)(uid=*))(|(uid=*',
    'u1)(|(objectClass=*',
    'u1\\2a',
    '\\2a',
    '\\75\\31',
    'u1)(userPassword=*)',
    'u1\0',
    '(&(uid=u1))',
    'u1,ou=people,dc=example,dc=org',
    '!(uid=u1)',
    ')(',
    '\\',
  ])('takes %j for a name, not for a filter', async (name) => {
    expect(await signIn(open(), name)).toEqual({ kind: 'refused', reason: 'no entry matches' });
  });

  it.each([
    'a*b',
    'a(b)c',
    'back\\slash',
    'comma, name',
    'plus+minus',
    'quo"te',
    '#hash',
    'less<more>',
    'semi;colon',
    'Ærøskøbing',
    '山田太郎',
    "o'brien",
    'a/b',
    'a=b',
  ])('signs in somebody who is really called %j, by search and by direct bind', async (name) => {
    const dn = await slapd.addPerson(name);
    try {
      const member = await signIn(open(), name);
      expect(member).toMatchObject({ kind: 'member', person: { usernames: [name] } });
      const direct = open({
        AUTH_LDAP_USER_SEARCH_BASE: '',
        AUTH_LDAP_USER_DN_TEMPLATE: `uid=%(user)s,${PEOPLE}`,
      });
      expect(await signIn(direct, name)).toMatchObject({ kind: 'member', person: { usernames: [name] } });
      expect((await signIn(direct, name, 'wrong')).kind).toBe('refused');
    } finally {
      await slapd.removeEntry(dn);
    }
  });

  it.each(['u1,ou=people', 'u1+cn=u1', 'u1\\', '"u1"', 'u1,dc=example'])(
    'makes no other name of %j in a direct bind',
    async (name) => {
      const direct = open({
        AUTH_LDAP_USER_SEARCH_BASE: '',
        AUTH_LDAP_USER_DN_TEMPLATE: `uid=%(user)s,${PEOPLE}`,
      });
      expect((await signIn(direct, name)).kind).toBe('refused');
    },
  );

  it('lets people read their own entry and groups when nobody else may search', async () => {
    const name = uniqueName('selfie');
    const dn = await slapd.addPerson(name);
    const direct = open({
      AUTH_LDAP_USER_SEARCH_BASE: '',
      AUTH_LDAP_BIND_DN: '',
      AUTH_LDAP_BIND_PASSWORD: '',
      AUTH_LDAP_RECHECK_INTERVAL: '0',
      AUTH_LDAP_GROUP_TYPE: 'memberOf',
      AUTH_LDAP_USER_DN_TEMPLATE: `uid=%(user)s,${PEOPLE}`,
    });
    await slapd.setGroup('selfies', [dn]);
    expect(await groupsOf(direct, name)).toEqual([group('selfies')]);
  });

  it('refuses an empty password for everybody without a bind, also where the directory would not', async () => {
    const directory = open();
    const located = await directory.locate('u1', directory.startDeadline());
    if (located.kind === 'refused') throw new Error(located.reason);
    const before = await slapd.binds();
    const deadline = directory.startDeadline();
    expect(await directory.verify(located, '', deadline)).toEqual({
      kind: 'refused',
      reason: 'the password is empty',
    });
    expect(await slapd.binds()).toBe(before);
  });

  it.each([
    ['groupOfNames', ['inner']],
    ['nestedGroupOfNames', ['inner', 'outer', 'outermost']],
    ['memberOf', ['inner']],
    ['posixGroup', ['posix-named', 'posix-primary']],
    ['groupOfUniqueNames', ['unique-inner']],
    ['nestedGroupOfUniqueNames', ['unique-inner', 'unique-outer']],
  ])('reads groups of the type %s', async (type, expected) => {
    expect(await groupsOf(open({ AUTH_LDAP_GROUP_TYPE: type }), 'grouped')).toEqual(expected.map(group));
  });

  it('lets Active Directory walk through groups of groups', async () => {
    const active = await startActiveDirectory(slapd.ldap);
    const env = {
      AUTH_LDAP_SERVER_URI: active.url,
      AUTH_LDAP_GROUP_TYPE: 'activeDirectoryNested',
      AUTH_LDAP_USER_SEARCH_FILTER:
        '(&(objectClass=inetOrgPerson)(uid=%(user)s)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
    };
    try {
      expect(await groupsOf(open(env), 'grouped')).toEqual(['inner', 'outer', 'outermost'].map(group));
      expect(await groupsOf(open(env), 'u2')).toEqual([]);
    } finally {
      await active.close();
    }
  });

  it('finds, page by page, more groups than the server gives at once', async () => {
    const name = uniqueName('joiner');
    const dn = await slapd.addPerson(name);
    for (let number = 0; number < 620; number += 1) await slapd.setGroup(`many-${number}`, [dn]);
    expect(await groupsOf(open(), name)).toHaveLength(620);
  }, 60_000);

  it('knows a person of Active Directory by their GUID, whatever they are called', async () => {
    const env = {
      AUTH_LDAP_USER_SEARCH_FILTER: '(sAMAccountName=%(user)s)',
      AUTH_LDAP_IDENTITY_ATTRIBUTE: 'objectguid',
    };
    const bytes = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
    const identity = 'objectguid=00112233-4455-6677-8899-aabbccddeeff';
    const name = uniqueName('windows');
    const dn = await slapd.addPerson(name, {
      sAMAccountName: `${name}-doe`,
      objectGUID: bytes,
      objectClass: ['inetOrgPerson', 'posixAccount', 'windowsPerson'],
    });
    onTestFinished(() => slapd.removeEntry(dn));
    const directory = open(env);
    expect(await signIn(directory, `${name}-Doe`)).toMatchObject({
      kind: 'member',
      person: { identity, usernames: [`${name}-doe`] },
    });
    await slapd.change(dn, { sAMAccountName: `${name}-smith` });
    const found = await directory.review({ identity, username: `${name}-doe` }, directory.startDeadline());
    expect(found).toMatchObject({ kind: 'member', person: { identity, usernames: [`${name}-smith`] } });
  });

  it('asks by name about an account whose identity is of another attribute', async () => {
    const directory = open();
    const found = await directory.review({ identity: 'uid=u7', username: 'u7' }, directory.startDeadline());
    expect(found).toMatchObject({
      kind: 'member',
      person: { identity: expect.stringMatching(/^entryuuid=/) },
    });
  });

  it('lets nobody in whose entry has no identity, or two', async () => {
    const name = uniqueName('double');
    await slapd.addPerson(name, { description: ['one', 'two'] });
    for (const attribute of ['description', 'employeeNumber']) {
      const directory = open({ AUTH_LDAP_IDENTITY_ATTRIBUTE: attribute });
      expect((await signIn(directory, name)).kind).toBe('refused');
    }
  });

  it('does not take the account for searches, which is outside the search base, for a person', async () => {
    const directory = open({ AUTH_LDAP_USER_SEARCH_FILTER: '(cn=%(user)s)' });
    expect((await signIn(directory, 'reader', READER.password)).kind).toBe('refused');
    const wide = open({ AUTH_LDAP_USER_SEARCH_FILTER: '(cn=%(user)s)', AUTH_LDAP_USER_SEARCH_BASE: BASE });
    expect((await signIn(wide, 'reader', READER.password)).kind).toBe('member');
  });
});
