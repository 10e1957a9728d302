import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { testDirectory } from '../../src/cli/actions/ldap.js';
import { loadConfig } from '../../src/platform/config/load.js';
import { directoryEnv, findSlapd, GROUPS, PASSWORD, PEOPLE, useDirectory } from '../support/ldap.js';
import { settingsOf } from '../support/ldap-document.js';
import { freePort } from '../support/services.js';

const PROGRAM = path.resolve('src/cli/main.ts');
const TSX = import.meta.resolve('tsx');

describe.skipIf(findSlapd() === undefined)('ldap test', () => {
  const directory = useDirectory();
  beforeAll(async () => {
    const dn = await directory.addPerson('anna');
    await directory.setGroup('admins', [dn]);
  });

  const run = async (
    env: Readonly<Record<string, string>>,
    password: string | null = PASSWORD,
    name = 'anna',
  ) => {
    const config = loadConfig({
      ...directoryEnv(directory),
      AUTH_LDAP_ADMIN_GROUPS: `cn=admins,${GROUPS}`,
      AUTH_LDAP_TIMEOUT: '10',
      ...env,
    });
    const lines: string[] = [];
    const isGood = await testDirectory(config, { name, password }, (line) => void lines.push(line));
    return { isGood, lines, text: lines.join('\n') };
  };
  /** @returns `step outcome` of each line that has them */
  const steps = (lines: readonly string[]): readonly string[] =>
    lines.flatMap(
      (line) =>
        line
          .match(/^ {2}(\w+) +(passed|failed|skipped) +\d+ ms/)
          ?.slice(1, 3)
          .join(' ') ?? [],
    );

  it('shows every step with its time, and the role', async () => {
    const { isGood, lines, text } = await run({ IAM_TYPE: 'BASIC' });
    expect(steps(lines)).toEqual([
      'resolve passed',
      'connect passed',
      'tls passed',
      'bind passed',
      'search passed',
      'login passed',
      'groups passed',
    ]);
    expect(text).toContain(`uid=anna,${PEOPLE}`);
    expect(text).toContain('role     admin');
    expect(text).toMatch(/identity entryuuid=/);
    expect(text).not.toContain(PASSWORD);
    expect(isGood).toBe(true);
  });

  it.each([
    ['resolve failed', { AUTH_LDAP_SERVER_URI: 'ldaps://no-such-host.invalid' }],
    ['tls failed', () => ({ AUTH_LDAP_CA_FILE: directory.otherCaFile })],
    ['bind failed', { AUTH_LDAP_BIND_PASSWORD: 'wrong' }],
    ['search failed', { AUTH_LDAP_USER_SEARCH_FILTER: '(mail=%(user)s)' }],
    ['groups failed', { AUTH_LDAP_GROUP_SEARCH_BASE: `ou=nowhere,${PEOPLE}` }],
  ])('ends with %s', async (last, env) => {
    const { isGood, lines } = await run(typeof env === 'function' ? env() : env);
    expect(steps(lines).at(-1)).toBe(last);
    expect(isGood).toBe(false);
  });

  it('says what is wrong with the password', async () => {
    const { isGood, lines, text } = await run({}, 'wrong');
    expect(steps(lines).at(-1)).toBe('login failed');
    expect(text).toContain('the password is wrong');
    expect(isGood).toBe(false);
  });

  it('goes on to the next server, and leaves out the password', async () => {
    const dead = `ldaps://localhost:${await freePort()}`;
    const { isGood, lines } = await run({ AUTH_LDAP_SERVER_URI: `${dead} ${directory.ldaps}` }, null);
    expect(lines[0]).toBe(dead);
    expect(steps(lines)).toEqual([
      'resolve passed',
      'connect failed',
      'resolve passed',
      'connect passed',
      'tls passed',
      'bind passed',
      'search passed',
      'login skipped',
      'groups passed',
    ]);
    expect(isGood).toBe(true);
  });

  it('reads the entry of the person after a direct bind', async () => {
    const env = {
      AUTH_LDAP_USER_SEARCH_BASE: '',
      AUTH_LDAP_BIND_DN: '',
      AUTH_LDAP_BIND_PASSWORD: '',
      AUTH_LDAP_USER_DN_TEMPLATE: `uid=%(user)s,${PEOPLE}`,
      AUTH_LDAP_RECHECK_INTERVAL: '0',
      AUTH_LDAP_GROUP_TYPE: 'memberOf',
    };
    const { isGood, lines, text } = await run(env);
    expect(steps(lines).slice(3)).toEqual([
      'bind skipped',
      'search skipped',
      'login passed',
      'search passed',
      'groups passed',
    ]);
    expect(text).toContain('role     admin');
    expect(isGood).toBe(true);
  });

  it('passes with the settings that docs/ldap.md has for OpenLDAP, of which only files and address differ', async () => {
    await directory.setGroup('cvat-admins', [`uid=anna,${PEOPLE}`]);
    const { AUTH_LDAP_BIND_PASSWORD_FILE: _, ...documented } = settingsOf('OpenLDAP')[0] ?? {};
    const { AUTH_LDAP_SERVER_URI, AUTH_LDAP_CA_FILE, AUTH_LDAP_BIND_PASSWORD } = directoryEnv(directory);
    const lines: string[] = [];
    const isGood = await testDirectory(
      loadConfig({ ...documented, AUTH_LDAP_SERVER_URI, AUTH_LDAP_CA_FILE, AUTH_LDAP_BIND_PASSWORD }),
      { name: 'anna', password: PASSWORD },
      (line) => void lines.push(line),
    );
    expect(lines.join('\n')).toContain('role     admin');
    expect(isGood).toBe(true);
  });

  it('tells somebody who may not come in', async () => {
    const { isGood, text } = await run({ AUTH_LDAP_REQUIRE_GROUP: `cn=others,${GROUPS}` });
    expect(text).toContain('refused: not a member of AUTH_LDAP_REQUIRE_GROUP');
    expect(isGood).toBe(false);
  });

  it.each([
    [0, 'login    passed', `${PASSWORD}\n`],
    [1, 'login    failed', 'wrong\n'],
    [0, 'login    skipped', ''],
  ])(
    'ends with %i and says "%s" as a program that reads its password from the input',
    async (code, line, input) => {
      const env = { ...process.env, ...directoryEnv(directory), IAM_TYPE: 'BASIC', AUTH_LDAP_TIMEOUT: '30' };
      // Not in the folder of the sources: a file .env there would count.
      const program = spawn(process.execPath, ['--import', TSX, PROGRAM, 'ldap', 'test', 'anna'], {
        env,
        cwd: '/',
      });
      program.stdin.end(input);
      const [stdout, stderr] = await Promise.all([
        text(program.stdout),
        text(program.stderr),
        once(program, 'close'),
      ]);
      expect(stdout).toContain(line);
      expect(stderr).toBe('');
      expect(stdout).not.toContain(PASSWORD);
      expect(program.exitCode).toBe(code);
    },
  );

  it('ends with 1 and the name of the setting that is wrong', async () => {
    const env = { ...process.env, ...directoryEnv(directory), AUTH_LDAP_USER_SEARCH_BASE: 'people' };
    const program = spawn(process.execPath, ['--import', TSX, PROGRAM, 'ldap', 'test', 'anna'], {
      env,
      cwd: '/',
    });
    program.stdin.end();
    const [stderr] = await Promise.all([text(program.stderr), once(program, 'close')]);
    expect(stderr).toMatch(/^AUTH_LDAP_USER_SEARCH_BASE is "people": /);
    expect(program.exitCode).toBe(1);
  });
});
