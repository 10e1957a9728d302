import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError } from '../../../kernel/start-error.js';
import { unpackFolder } from './archive.js';
import { openEngineThread } from './thread.js';

/**
 * A database folder with all migrations applied, created by the build: unpacking it takes a fraction of the time of
 * initdb.
 */
export const SEED = fileURLToPath(new URL('../../../../dist/embedded-seed.tar.gz', import.meta.url));

/**
 * Creates the database folder if there is none. It gets its name only once it is complete, so that a start that is
 * killed halfway leaves nothing that resembles a database. The caller holds the lock of the data folder.
 *
 * @param seed the archive to unpack; if it does not exist, initdb creates an empty database, which takes more memory
 */
export async function prepareFolder(dir: string, seed: string): Promise<void> {
  if (existsSync(dir)) return;
  const draft = `${dir}.tmp`;
  await rm(draft, { recursive: true, force: true });
  if (existsSync(seed)) await unpackFolder(seed, draft);
  else await initialize(draft);
  await rename(draft, dir);
}

async function initialize(dir: string): Promise<void> {
  await mkdir(dir, { mode: 0o700 });
  const { engine } = await openEngineThread(dir);
  await engine.close();
}

/** @throws StartError if the folder cannot be created */
export async function makeDataFolder(dataDir: string): Promise<string> {
  const folder = path.resolve(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause) => {
    throw unwritable(folder, cause);
  });
  return folder;
}

/** @returns the StartError for an error of the file system in the data folder; any other error unchanged */
export function unwritable(folder: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return error;
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new StartError(
      `The disk of the data folder ${folder} is full (${error.code}): free some space, or set DATA_DIR to a folder on another disk.`,
      { cause: error },
    );
  }
  return new StartError(
    `The data folder ${folder} can't be written (${error.code}): make it writable for this user, or set DATA_DIR to a folder that is.`,
    { cause: error },
  );
}
