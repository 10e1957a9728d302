import { type FileHandle, link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '../../../kernel/start-error.js';
import { describeSelf, isAlive, type Owner, parseOwner } from './owner.js';

export interface Lock {
  release(): Promise<void>;
}

/** Milliseconds between two heartbeats, for processes that cannot see each other's pid: containers on one volume. */
const BEAT = 1000;
/** Milliseconds without a heartbeat after which an owner elsewhere counts as dead. */
const SILENCE = 4 * BEAT;
/** Milliseconds after which other processes that saw the same stale lock have finished acting on it. */
const SETTLING = 200;
/** The heartbeat count precedes the owner at a fixed width: it is overwritten in place. */
const BEAT_DIGITS = 12;

/**
 * Takes the lock of a folder: a file that its owner creates with O_EXCL and removes at the end. If the owner died, by
 * kill -9 or by a power cut, the lock is taken over.
 *
 * @param file the lock file; its folder must exist
 * @param folder the folder it protects, for the message
 * @throws StartError if a living process holds it
 */
export async function acquireLock(file: string, folder: string): Promise<Lock> {
  const content = format(await describeSelf());
  let takenOver = false;
  while (!(await tryCreate(file, content))) {
    await removeStale(file, folder);
    takenOver = true;
  }
  if (takenOver) await confirm(file, folder, content);
  const handle = await open(file, 'r+');
  const beating = new AbortController();
  const heart = beat(handle, beating.signal);
  return {
    async release() {
      beating.abort();
      await heart;
      await handle.close();
      if (ownerPart(await read(file)) === ownerPart(content)) await rm(file, { force: true });
    },
  };
}

async function tryCreate(file: string, content: string): Promise<boolean> {
  try {
    await writeFile(file, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function beat(handle: FileHandle, signal: AbortSignal): Promise<void> {
  for (let count = 1; ; count += 1) {
    await delay(BEAT, undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    // A full disk must not stop the server: at worst, another process considers this one dead.
    await handle.write(beatPart(count), 0).catch(() => {});
  }
}

/** @throws StartError if the owner is alive */
async function removeStale(file: string, folder: string): Promise<void> {
  const content = await read(file);
  if (content === undefined) return;
  // The owner cannot be read while the file is being created, or after a power cut.
  const owner = parseOwner(content.slice(BEAT_DIGITS));
  const alive = owner === undefined ? undefined : await isAlive(owner);
  if (alive ?? (await showsLife(file, content))) throw inUse(folder, owner);
  const aside = `${file}.stale-${process.pid}`;
  await rename(file, aside).catch(ignoreMissing);
  // If another process took over the stale lock in the meantime, the moved file is its lock and is put back.
  const moved = await read(aside);
  if (moved !== undefined && ownerPart(moved) !== ownerPart(content))
    await link(aside, file).catch(ignoreExisting);
  await rm(aside, { force: true });
}

/** If several processes take over the same stale lock, the one whose lock is there in the end has it. */
async function confirm(file: string, folder: string, content: string): Promise<void> {
  await delay(SETTLING);
  const held = await read(file);
  if (ownerPart(held) !== ownerPart(content)) throw inUse(folder, parseOwner(ownerPart(held) ?? ''));
}

async function showsLife(file: string, content: string): Promise<boolean> {
  await delay(SILENCE);
  return (await read(file)) !== content;
}

function inUse(folder: string, owner: Owner | undefined): StartError {
  const by = owner === undefined ? 'another process' : `process ${owner.pid}`;
  return new StartError(
    `The data folder ${folder} is in use by ${by}: stop that one first, or set DATA_DIR to another folder.`,
  );
}

const beatPart = (count: number): string => String(count).padStart(BEAT_DIGITS, '0');
const ownerPart = (content: string | undefined): string | undefined => content?.slice(BEAT_DIGITS);
const format = (owner: Owner): string => `${beatPart(0)} ${JSON.stringify(owner)}\n`;

const read = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(ignoreMissing);

function ignoreMissing(error: unknown): undefined {
  if (!hasCode(error, 'ENOENT')) throw error;
  return undefined;
}

function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
