import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allow } from '../../src/authorization/engines/answers.js';
import { createEmbeddedEngine } from '../../src/authorization/engines/opa-wasm.js';
import { opa, withoutOpa } from './opa.js';

/** OPA calls two values of one rule a conflict: its server answers 500, its WebAssembly aborts. */
const CONFLICT = `package users

allow if input.scope in {"list", "view"}

allow := "maybe" if input.scope == "view"
`;

describe.skipIf(withoutOpa)('rules that contradict themselves', () => {
  let directory: string;
  let wasm: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conflict-'));
    wasm = join(directory, 'policy.wasm');
    await writeFile(join(directory, 'users.rego'), CONFLICT);
    const archive = join(directory, 'bundle.tar.gz');
    await opa('build', '-t', 'wasm', '-e', 'users/allow', '-o', archive, join(directory, 'users.rego'));
    execFileSync('tar', ['-xzf', archive, '/policy.wasm'], { cwd: directory, stdio: 'ignore' });
    const digest = createHash('sha256')
      .update(await readFile(wasm))
      .digest('hex');
    await writeFile(join(directory, 'policy.json'), JSON.stringify({ revision: 'conflict', wasm: digest }));
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('permit nothing where they do, and leave the other answers as they are', async () => {
    const engine = await createEmbeddedEngine(wasm);
    const auth = { user: { id: 7, privilege: 'user' as const }, organization: null };
    const ask = (scope: string) =>
      allow(engine, { package: 'users', input: { scope, auth, resource: null } });
    // An instance that is kept takes 511 of these.
    for (let times = 0; times < 600; times++) {
      await expect(ask('view')).rejects.toMatchObject({ status: 503, code: 'opa_bad_answer' });
    }
    expect(await ask('list')).toBe(true);
    await expect(ask('other')).rejects.toMatchObject({ status: 503, code: 'opa_undefined' });
  });
});
