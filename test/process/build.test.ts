import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Stands in for the server: the archive counts how often it was made. */
const SEED_SOURCE = `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
export async function makeSeed(archive: string, migrations: string): Promise<void> {
  const times = existsSync('times') ? Number(readFileSync('times', 'utf8')) : 0;
  writeFileSync('times', String(times + 1));
  writeFileSync(archive, migrations);
}
`;

/** Stands in for what writes the OpenAPI documents. */
const DOCUMENTS_SOURCE = `
import { mkdirSync, writeFileSync } from 'node:fs';
export async function writeDocuments(): Promise<void> {
  mkdirSync('dist/features/api-docs/documents', { recursive: true });
  writeFileSync('dist/features/api-docs/documents/new.json.gz', '');
}
`;

describe('scripts/build.mjs', () => {
  /** A project and its first build, which every test gets a copy of: the compiler needs seconds. */
  let built: string;
  let firstBuild: ReturnType<typeof build>;
  let project: string;

  beforeAll(() => {
    project = built = mkdtempSync(path.join(tmpdir(), 'build-'));
    for (const name of ['scripts/build.mjs', 'tsconfig.json', 'tsconfig.build.json', 'package.json']) {
      cpSync(path.join(ROOT, name), path.join(project, name));
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(project, 'node_modules'));
    write('src/main.ts', 'export const answer: number = 42;\n');
    write('src/old.ts', 'export const old = 1;\n');
    write('src/pages/logo.svg', '<svg/>');
    write('src/platform/db/embedded/seed.ts', SEED_SOURCE);
    write('src/composition/built-documents.ts', DOCUMENTS_SOURCE);
    write('migrations/0001_users.sql', '-- Users.\n');
    firstBuild = build();
  });
  afterAll(() => rmSync(built, { recursive: true, force: true }));
  beforeEach(() => {
    project = mkdtempSync(path.join(tmpdir(), 'build-'));
    cpSync(built, project, { recursive: true, verbatimSymlinks: true });
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  function write(name: string, text: string): void {
    mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    writeFileSync(path.join(project, name), text);
  }
  const read = (name: string) => readFileSync(path.join(project, name), 'utf8');
  const exists = (name: string) => existsSync(path.join(project, name));
  const build = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/build.mjs', ...args], { cwd: project, encoding: 'utf8' });

  it('compiles, copies what is not TypeScript, and makes the archive', () => {
    expect(firstBuild).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(read('dist/main.js')).toContain('export const answer = 42;');
    expect(read('dist/pages/logo.svg')).toBe('<svg/>');
    expect(read('dist/embedded-seed.tar.gz')).toBe(path.join(built, 'migrations'));
  });

  it('does nothing with --if-stale until a source changes, and makes the archive again only when the migrations change', () => {
    write('dist/main.js', 'marked');
    expect(build('--if-stale')).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(read('dist/main.js')).toBe('marked');
    write('src/main.ts', 'export const answer: number = 43;\n');
    expect(build('--if-stale').status).toBe(0);
    expect(read('dist/main.js')).toContain('43');
    expect(read('times')).toBe('1');
    write('migrations/0002_groups.sql', '-- Groups.\n');
    build('--if-stale');
    expect(read('times')).toBe('2');
  });

  it('writes the OpenAPI documents anew, and leaves none of an earlier build', () => {
    write('dist/features/api-docs/documents/old.json.gz', '');
    build();
    const found = ['old', 'new'].map((name) => exists(`dist/features/api-docs/documents/${name}.json.gz`));
    expect(found).toEqual([false, true]);
  });

  it('fails on a wrong type, says where, and leaves what was built', () => {
    write('src/main.ts', "export const answer: number = 'many';\n");
    const failed = build();
    expect(failed.status).not.toBe(0);
    expect(failed.stdout).toContain('src/main.ts');
    expect(read('dist/main.js')).toContain('42');
    expect(build('--if-stale').status).not.toBe(0);
  });

  it('removes what was compiled of a source that is gone', () => {
    expect(exists('dist/old.js')).toBe(true);
    rmSync(path.join(project, 'src/old.ts'));
    build();
    expect([exists('dist/old.js'), exists('dist/old.js.map'), exists('dist/main.js')]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('leaves a complete build alone where TypeScript is not installed', () => {
    rmSync(path.join(project, 'node_modules'));
    write('src/main.ts', 'export const answer: number = 43;\n');
    expect(build()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(read('dist/main.js')).toContain('42');
  });

  it('fails with the remedy where TypeScript is not installed and nothing was built', () => {
    rmSync(path.join(project, 'dist'), { recursive: true });
    rmSync(path.join(project, 'node_modules'));
    const failed = build();
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('run npm ci with the development dependencies');
  });
});
