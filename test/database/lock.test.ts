import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StartError } from '../../src/kernel/start-error.js';
import { acquireLock } from '../../src/platform/db/embedded/lock.js';
import { describeSelf, type Owner } from '../../src/platform/db/embedded/owner.js';

const HOLDER = path.join(import.meta.dirname, 'processes/lock.ts');

describe('acquireLock', () => {
  let dir: string;
  let file: string;
  let holders: ChildProcess[];

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'lock-'));
    file = path.join(dir, 'postgres.lock');
    holders = [];
  });
  afterEach(async () => {
    await Promise.all(holders.map(kill));
    await rm(dir, { recursive: true, force: true });
  });

  /** @returns the process, and the line it wrote */
  async function startHolder(): Promise<{ holder: ChildProcess; line: string }> {
    const holder = spawn(process.execPath, ['--import', 'tsx', HOLDER, file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    holders.push(holder);
    const [line] = await once(holder.stdout, 'data');
    return { holder, line: String(line).trim() };
  }

  async function kill(holder: ChildProcess): Promise<void> {
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    const gone = once(holder, 'exit');
    holder.kill('SIGKILL');
    await gone;
  }

  const writeLock = (owner: Partial<Owner>, beat = 0) =>
    describeSelf().then((self) =>
      writeFile(file, `${String(beat).padStart(12, '0')} ${JSON.stringify({ ...self, ...owner })}\n`),
    );
  const refusal = (by: string) =>
    `The data folder /data is in use by ${by}: stop that one first, or set DATA_DIR to another folder.`;

  it('makes a file for itself and removes it', async () => {
    const lock = await acquireLock(file, '/data');
    expect(await readFile(file, 'utf8')).toContain(`"pid":${process.pid}`);
    await lock.release();
    expect(await readdir(dir)).toEqual([]);
  });

  it('refuses a second owner in the same process', async () => {
    const lock = await acquireLock(file, '/data');
    await expect(acquireLock(file, '/data')).rejects.toThrow(
      new StartError(refusal(`process ${process.pid}`)),
    );
    await lock.release();
    await (await acquireLock(file, '/data')).release();
  });

  it('refuses the lock of another process, and takes it over when that one was killed', async () => {
    const { holder, line } = await startHolder();
    expect(line).toBe('held');
    await expect(acquireLock(file, '/data')).rejects.toThrow(
      new StartError(refusal(`process ${holder.pid}`)),
    );
    await kill(holder);
    const lock = await acquireLock(file, '/data');
    expect(await readFile(file, 'utf8')).toContain(`"pid":${process.pid}`);
    await lock.release();
  });

  it('takes over the lock of a gone process whose pid another one has now', async () => {
    await writeLock({ started: '1' });
    const lock = await acquireLock(file, '/data');
    await lock.release();
    expect(existsSync(file)).toBe(false);
  });

  it('lets one of several processes take over a stale lock', async () => {
    await writeLock({ started: '1' });
    const started = await Promise.all([startHolder(), startHolder(), startHolder()]);
    const winner = started.find(({ line }) => line === 'held')?.holder.pid;
    expect(started.map(({ line }) => line).sort()).toEqual(
      ['held', refusal(`process ${winner}`), refusal(`process ${winner}`)].sort(),
    );
    expect(await readdir(dir)).toEqual(['postgres.lock']);
  });

  it('takes over the lock of a container that shows no sign of life', async () => {
    await writeLock({ place: 'elsewhere' });
    const lock = await acquireLock(file, '/data');
    await lock.release();
  });

  it('refuses the lock of a container that shows signs of life', async () => {
    await writeLock({ place: 'elsewhere', pid: 1 });
    const attempt = acquireLock(file, '/data');
    const alive = setTimeout(() => writeLock({ place: 'elsewhere', pid: 1 }, 1), 1000);
    await expect(attempt).rejects.toThrow(new StartError(refusal('process 1')));
    clearTimeout(alive);
  });

  it('shows signs of life', async () => {
    const lock = await acquireLock(file, '/data');
    const before = await readFile(file, 'utf8');
    await expect.poll(() => readFile(file, 'utf8'), { timeout: 5000 }).not.toBe(before);
    expect((await readFile(file, 'utf8')).slice(12)).toBe(before.slice(12));
    await lock.release();
  });

  it('takes over a file that a power cut left empty', async () => {
    await writeFile(file, '');
    const lock = await acquireLock(file, '/data');
    await lock.release();
  });

  it('leaves the lock of somebody else when it releases its own', async () => {
    const lock = await acquireLock(file, '/data');
    await writeLock({ pid: 1 });
    await lock.release();
    expect(existsSync(file)).toBe(true);
  });
});
