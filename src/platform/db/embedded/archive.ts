import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import tar from 'tar-stream';
import { dateOf } from '../../../kernel/clock.js';

/** Only the owner may read a database folder; PostgreSQL itself requires that. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** Used instead of each file's time, which would make every archive different. */
const EPOCH = dateOf({ now: () => 0 });

/** Packs a folder, without times and owners: the same content gives the same archive. */
export async function packFolder(dir: string, archive: string): Promise<void> {
  const pack = tar.pack();
  await Promise.all([
    pipeline(pack, createGzip({ level: 9 }), createWriteStream(archive)),
    readEntries(dir, pack).catch((error: Error) => {
      pack.destroy(error);
      throw error;
    }),
  ]);
}

async function readEntries(dir: string, pack: tar.Pack): Promise<void> {
  for (const { name, isDirectory } of await listTree(dir)) {
    const header = { name, mtime: EPOCH };
    if (isDirectory) pack.entry({ ...header, type: 'directory' });
    else pack.entry(header, await readFile(path.join(dir, name)));
  }
  pack.finalize();
}

async function listTree(dir: string) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .map((entry) => ({
      name: path.relative(dir, path.join(entry.parentPath, entry.name)),
      isDirectory: entry.isDirectory(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Unpacks an archive of `packFolder` into a new folder. Never holds more than a chunk of a file in memory.
 *
 * @throws Error if the folder exists
 */
export async function unpackFolder(archive: string, dir: string): Promise<void> {
  await mkdir(dir, { mode: DIRECTORY_MODE });
  const extract = tar.extract();
  await Promise.all([
    pipeline(createReadStream(archive), createGunzip(), extract),
    writeEntries(extract, dir),
  ]);
}

async function writeEntries(extract: tar.Extract, dir: string): Promise<void> {
  for await (const entry of extract) {
    const target = path.join(dir, entry.header.name);
    if (entry.header.type === 'directory') {
      await mkdir(target, { mode: DIRECTORY_MODE });
      entry.resume();
    } else {
      await pipeline(entry, createWriteStream(target, { mode: FILE_MODE }));
    }
  }
}
