import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/platform/config/load.js';
import { useTestApp } from '../../support/app.js';
import { blocksOf, commandsOf } from '../../support/document-blocks.js';

/** docs/access-tokens.md, as its reader uses it. */

const DOCUMENT = 'access-tokens.md';
const TEXT = readFileSync(path.resolve('docs', DOCUMENT), 'utf8');

const app = useTestApp();

describe('docs/access-tokens.md', () => {
  it('has commands that do what it says', async () => {
    const person = await app.register();
    const commands = commandsOf(DOCUMENT);
    expect(commands).toHaveLength(4);
    const script = [
      'curl() { command curl --silent --show-error --fail-with-body "$@"; }',
      ...commands.map((each) => each.replace('http://localhost:8080', app.url)),
      'echo; echo "LAST $TOKEN $BOUND"',
      'curl --header "Authorization: Bearer $TOKEN" "$SERVER/api/users/self" || true',
    ].join('\n');
    const env = { ...process.env, LOGIN: `${person.username}:${person.password}` };
    const { stdout } = await promisify(execFile)('bash', ['-euc', script], { env });
    const [before = '', after = ''] = stdout.split('LAST ');
    expect(before).toContain(`"username":"${person.username}"`);
    expect(before).toContain('"name":"nightly backup"');
    expect(before).toContain('"expiry_date":null');
    expect(before).toContain('"role":"owner"');
    const [regexp] = blocksOf(DOCUMENT).filter(({ language }) => language === 'regexp');
    expect(after.match(new RegExp(regexp?.text.trim() ?? '', 'g'))).toHaveLength(2);
    expect(after).toContain('{"detail":"Invalid token."}');
  });

  it('has the regular expression of docs/security.md', () => {
    const [regexp] = blocksOf(DOCUMENT).filter(({ language }) => language === 'regexp');
    expect(readFileSync('docs/security.md', 'utf8')).toContain(`\`${regexp?.text.trim()}\``);
  });

  it('has the settings with their defaults', () => {
    const rows = [...TEXT.matchAll(/^\| `(CVAT_\w+)` \| (-?\d+) \|/gm)];
    const named = Object.fromEntries(rows.map(([, name = '', value]) => [name, Number(value)]));
    const defaults = Object.entries(loadConfig({})).filter(([name]) => name.includes('ACCESS_TOKEN'));
    expect(defaults).toHaveLength(4);
    expect(named).toEqual(Object.fromEntries(defaults));
  });
});
