import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findOpa } from '../support/programs.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const execute = promisify(execFile);

const run = (root: string, script: string) =>
  execute(process.execPath, [join('scripts', script), '--check'], { cwd: root });

describe('what is generated from the rules', () => {
  it('is current: the compiled policy', async () => {
    const { stdout } = await run(ROOT, 'build-rules.mjs');
    expect(stdout).toMatch(findOpa() === undefined ? /without OPA/ : /gives their \d{5} answers/);
  });

  it('is current: the page of permissions', async () => {
    await expect(run(ROOT, 'generate-permissions.mjs')).resolves.toBeDefined();
  });
});

describe('what is generated from rules that have changed since', () => {
  let copy: string;
  beforeEach(async () => {
    copy = await mkdtemp(join(tmpdir(), 'generated-'));
    for (const part of ['rules', 'scripts', 'docs/permissions.md']) {
      await cp(join(ROOT, part), join(copy, part), { recursive: true });
    }
    for (const part of ['src', 'test', 'node_modules', 'package.json'])
      await symlink(join(ROOT, part), join(copy, part));
  });
  afterEach(() => rm(copy, { recursive: true }));

  const edit = async (file: string, change: (text: string) => string) => {
    const before = await readFile(join(copy, file), 'utf8');
    expect(change(before)).not.toBe(before);
    await writeFile(join(copy, file), change(before));
  };

  it('is reported as stale: the compiled policy', async () => {
    await edit('rules/server.rego', (text) => `${text}\nallow if input.scope == "more"\n`);
    const stale = { code: 1, stderr: expect.stringContaining('npm run rules:build') };
    await expect(run(copy, 'build-rules.mjs')).rejects.toMatchObject(stale);
  });

  it('is reported as stale: the page of permissions', async () => {
    await edit('rules/matrix/server.csv', (text) => text.replace('user', 'worker'));
    const stale = { code: 1, stderr: expect.stringContaining('generate-permissions.mjs') };
    await expect(run(copy, 'generate-permissions.mjs')).rejects.toMatchObject(stale);
  });
});
