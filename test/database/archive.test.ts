import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packFolder, unpackFolder } from '../../src/platform/db/embedded/archive.js';

describe('an archive of a folder', () => {
  let work: string;
  let source: string;
  let archive: string;
  let target: string;

  beforeEach(async () => {
    work = await mkdtemp(path.join(tmpdir(), 'archive-'));
    source = path.join(work, 'source');
    archive = path.join(work, 'source.tar.gz');
    target = path.join(work, 'target');
    await mkdir(path.join(source, 'base/1'), { recursive: true });
    await mkdir(path.join(source, 'pg_empty'));
    await writeFile(path.join(source, 'PG_VERSION'), '18\n', { mode: 0o666 });
    await writeFile(path.join(source, 'base/1/empty'), '');
    await writeFile(path.join(source, 'base/1/large'), Buffer.alloc(3_000_000, 'page'));
  });
  afterEach(() => rm(work, { recursive: true, force: true }));

  it('gives back every file and every folder, empty ones too', async () => {
    await packFolder(source, archive);
    await unpackFolder(archive, target);
    expect((await readdir(target, { recursive: true })).sort()).toEqual(
      (await readdir(source, { recursive: true })).sort(),
    );
    for (const file of ['PG_VERSION', 'base/1/empty', 'base/1/large']) {
      expect((await readFile(path.join(target, file))).equals(await readFile(path.join(source, file)))).toBe(
        true,
      );
    }
  });

  it('gives them to their owner only', async () => {
    await packFolder(source, archive);
    await unpackFolder(archive, target);
    const modeOf = async (name: string) => (await stat(path.join(target, name))).mode & 0o777;
    expect(await Promise.all(['', 'base', 'PG_VERSION'].map(modeOf))).toEqual([0o700, 0o700, 0o600]);
  });

  it('is the same for the same content', async () => {
    await packFolder(source, archive);
    const first = await readFile(archive);
    await packFolder(source, archive);
    expect((await readFile(archive)).equals(first)).toBe(true);
  });

  it('is not unpacked over something else', async () => {
    await packFolder(source, archive);
    await mkdir(target);
    await expect(unpackFolder(archive, target)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('fails when it is cut off', async () => {
    await packFolder(source, archive);
    const bytes = await readFile(archive);
    await writeFile(archive, bytes.subarray(0, bytes.length / 2));
    await expect(unpackFolder(archive, target)).rejects.toThrow();
  });
});
