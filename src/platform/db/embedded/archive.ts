import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import tar from 'tar-stream';

/** Only the owner may read a database folder; PostgreSQL itself insists on that. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;

/** Packs a folder, without times and owners: the same content gives the same entries. */
export async function packFolder(dir: string, archive: string): Promise<void> {
  const pack = tar.pack();
  const written = pipeline(pack, createGzip({ level: 9 }), createWriteStream(archive));
  for (const entry of await listTree(dir)) {
    const header = { name: entry.name, mtime: new Date(0) };
    if (entry.isDirectory) pack.entry({ ...header, type: 'directory' });
    else pack.entry(header, await readFile(path.join(dir, entry.name)));
  }
  pack.finalize();
  await written;
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
 * Unpacks what `packFolder` made into a new folder. Never holds more than a chunk of a file in memory.
 *
 * @throws Error if the folder exists
 */
export async function unpackFolder(archive: string, dir: string): Promise<void> {
  const extract = tar.extract();
  const read = pipeline(createReadStream(archive), createGunzip(), extract);
  await mkdir(dir, { mode: DIRECTORY_MODE });
  for await (const entry of extract) {
    const target = path.join(dir, entry.header.name);
    if (entry.header.type === 'directory') {
      await mkdir(target, { mode: DIRECTORY_MODE });
      entry.resume();
    } else {
      await pipeline(entry, createWriteStream(target, { mode: FILE_MODE }));
    }
  }
  await read;
}
