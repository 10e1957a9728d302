import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HASHES } from '../support/cvat.js';
import { membership, organization, token, user, writeDump } from '../support/fixture.js';
import { runCli } from './cli.js';
import { preparedFolder } from './server.js';

const cli = (cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(args, { cwd, env });

const TOKEN = 'a1'.repeat(20);
const dump = () =>
  writeDump([
    user(5, 'root', { is_superuser: true, groups: [['admin']] }),
    user(6, 'anna', { password: `md5$${'s'.repeat(8)}$${'0'.repeat(32)}` }),
    token(TOKEN, ['anna']),
    organization(3, 'cats', ['anna']),
    membership(3, ['anna'], 3, 'owner'),
    membership(4, ['stranger'], 3, 'worker'),
  ]);

describe('the command line', () => {
  it('rehearses, imports once, and exports what the next server imports', { timeout: 180_000 }, async () => {
    const cwd = await preparedFolder();
    const fixture = dump();
    const args = ['import', 'cvat', '--fixture', fixture];
    const rehearsal = await cli(cwd, [...args, '--dry-run']);
    expect(rehearsal).toMatchObject({ status: 0, stderr: '' });
    expect(rehearsal.stdout).toContain('Nothing was changed: this was a dry run.');

    const first = await cli(cwd, args);
    // Neither progress without a terminal, nor an administrator that the server would make.
    expect(first).toMatchObject({ status: 0, stderr: '' });
    const lines = first.stdout.trimEnd().split('\n');
    expect(lines[0]?.trim().split(/\s+/)).toEqual(['read', 'imported', 'here', 'skipped']);
    expect(lines).toContain(`accounts${' '.repeat(24)}2         2         0         0`);
    expect(lines.slice(-3)).toEqual([
      'skipped membership stranger in cats: its account is not in the source, or is not imported',
      '1 of the new accounts can sign in only with PASSWORD_HASHERS_EXTRA=md5, or after a reset.',
      'The import is done.',
    ]);

    const again = await cli(cwd, [...args, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({
      isUnchanged: true,
      counts: { user: { name: 'accounts', read: 2, imported: 0, present: 2, skipped: 0 } },
      findings: [{ effect: 'skipped', kind: 'membership', item: 'stranger in cats' }],
    });
    const listed = await cli(cwd, ['user', 'list']);
    expect(listed).toMatchObject({ status: 0, stderr: '' });
    expect(listed.stdout.split('\n').map((line) => line.split('\t')[1])).toEqual(['root', 'anna', undefined]);

    const output = path.join(cwd, 'dump.json');
    const exported = await cli(cwd, ['export', '--output', output]);
    expect(exported).toMatchObject({ status: 0, stderr: '' });
    expect(exported.stdout).toContain('contains password hashes, API tokens and invitation keys');
    expect(statSync(output).mode & 0o777).toBe(0o600);
    const other = await preparedFolder();
    const second = await cli(other, ['import', 'cvat', '--fixture', output, '--json']);
    expect(JSON.parse(second.stdout)).toMatchObject({
      counts: { user: { imported: 2 }, token: { imported: 1 }, membership: { imported: 1 } },
      findings: [],
    });
    for (const { stdout } of [rehearsal, first, again, exported, second])
      for (const secret of [TOKEN, HASHES.bcrypt_sha256]) expect(stdout).not.toContain(secret);
  });

  it('imports nothing from a file that is no UTF-8, or would fill the memory', {
    timeout: 180_000,
  }, async () => {
    const cwd = await preparedFolder();
    const latin = path.join(cwd, 'latin.json');
    const text = JSON.stringify([user(5, 'jane'), user(6, 'juergen', { last_name: 'J\u00fcrgen' })]);
    writeFileSync(latin, text.replace('ä', 'a'), 'latin1');
    const bomb = path.join(cwd, 'bomb.json.gz');
    writeFileSync(bomb, gzipSync(`[{"model":"${'a'.repeat(60 * 1024 * 1024)}`));
    for (const [fixture, reason] of [
      [latin, /it is not UTF-8, as byte \d+ shows\n$/],
      [bomb, /object 1 of the list is larger than 16 MiB\n$/],
    ] as const) {
      for (const more of [['--dry-run'], []]) {
        const refused = await cli(cwd, ['import', 'cvat', '--fixture', fixture, ...more]);
        expect(refused).toMatchObject({ status: 1, stdout: '' });
        expect(refused.stderr).toMatch(reason);
        expect(refused.stderr.startsWith(`${fixture} is not the JSON of Django's dumpdata: `)).toBe(true);
      }
    }
    expect((await cli(cwd, ['user', 'list'])).stdout).not.toMatch(/jane|juergen/);
  });

  it('says in one sentence what is wrong, and overwrites no file', { timeout: 120_000 }, async () => {
    const cwd = await preparedFolder();
    const output = path.join(cwd, 'dump.json');
    writeFileSync(output, 'mine');
    const refused = await cli(cwd, ['export', '--output', output]);
    expect(refused).toEqual({
      status: 1,
      stdout: '',
      stderr: `The file ${output} already exists: remove it or choose another name.\n`,
    });
    expect(readFileSync(output, 'utf8')).toBe('mine');
    const nowhere = path.join(cwd, 'nowhere/dump.json');
    expect((await cli(cwd, ['export', '--output', nowhere])).stderr).toMatch(
      /^The file .* can't be written: .*\n$/,
    );

    const hidden = { CVAT_DATABASE_URL: 'postgres://cvat:hush@127.0.0.1:1/cvat' };
    const unreachable = await cli(cwd, ['import', 'cvat'], hidden);
    expect(unreachable.status).toBe(1);
    expect(unreachable.stderr).toMatch(/^The database of the CVAT can't be read: .*ECONNREFUSED.*\n$/);
    expect(unreachable.stderr).not.toContain('hush');
    expect(await cli(cwd, ['import', 'cvat'])).toMatchObject({
      status: 1,
      stderr: 'Say where from: --fixture <file>, CVAT_DATABASE_URL, or --from <url>.\n',
    });
    expect((await cli(cwd, ['export'])).status).toBe(2);
    expect((await cli(cwd, ['import', 'cvat', '--help'])).stdout).toContain('CVAT_DATABASE_URL');
    expect(existsSync(nowhere)).toBe(false);
  });
});
