import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { onPath } from '../support/programs.js';
import { preparedFolder, ROOT, send, until } from './server.js';

/** What people run while they work on the sources. */

const execute = promisify(execFile);

/** @returns a copy of what the server is started from, whose files a test may change */
async function copyOfTheSources(): Promise<string> {
  const folder = await preparedFolder();
  for (const name of ['src', 'scripts', 'package.json', 'tsconfig.json'])
    cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
  for (const name of ['node_modules', 'dist', 'migrations', 'rules'])
    symlinkSync(path.join(ROOT, name), path.join(folder, name));
  return folder;
}

/** Starts `npm run dev`, without npm. @returns what it has printed so far */
function develop(cwd: string, [command, ...args]: readonly [string, ...string[]]): () => string {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', PASSWORD_BCRYPT_ROUNDS: '4' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await exited;
  });
  return () => output;
}

const urlsIn = (output: string): readonly string[] =>
  [...output.matchAll(/Ready at (http:\S+)/g)].map(([, url = '']) => url);

describe('npm run dev', () => {
  it('serves the sources, and what they are after a change, and logs JSON to a file or a pipe', async () => {
    const cwd = await copyOfTheSources();
    const output = develop(cwd, [process.execPath, 'scripts/dev.mjs']);
    const url = await until(() => urlsIn(output())[0]);
    expect((await send(url, '/livez')).status).toBe(200);

    appendFileSync(path.join(cwd, 'src/version.ts'), '\n// Changed.\n');
    const again = await until(() => urlsIn(output())[1]);
    expect((await send(again, '/livez')).status).toBe(200);
    expect(output()).toMatch(/^\{"level":30,.*"msg":"Stopping: .*\}$/m);
  });

  it.skipIf(onPath('script').every((file) => !existsSync(file)))(
    'logs lines for people to a terminal',
    async () => {
      const cwd = await copyOfTheSources();
      const output = develop(cwd, [
        'script',
        '--quiet',
        '--command',
        `${process.execPath} scripts/dev.mjs`,
        '/dev/null',
      ]);
      await until(() => urlsIn(output())[0]);
      expect(output()).toMatch(/^\[\d\d:\d\d:\d\d\] \S*INFO\S*: /m);
      expect(output()).not.toContain('"level":');
      expect(output()).toContain('The first administrator is "admin" with the password');
    },
  );
});

describe('npm run routes', () => {
  it('prints the method, the path, the access and the file of the routes that have a word', async () => {
    const { stdout } = await execute(process.execPath, ['scripts/routes.mjs', 'access_tokens'], {
      cwd: ROOT,
    });
    const [titles, ...rows] = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(titles).toEqual(['METHOD', 'PATH', 'ACCESS', 'FILE']);
    expect(rows).toContainEqual([
      'DELETE',
      '/api/auth/access_tokens/:id',
      'access_tokens',
      'src/features/access-tokens/routes.ts',
    ]);
    expect(rows.filter((cells) => !cells.join().includes('access_tokens'))).toEqual([]);
  });

  it('fails with a sentence when no route has the word', async () => {
    await expect(
      execute(process.execPath, ['scripts/routes.mjs', 'nonsense'], { cwd: ROOT }),
    ).rejects.toMatchObject({ code: 1, stderr: 'No route has "nonsense".\n' });
  });
});
