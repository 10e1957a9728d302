import { accessSync, constants, statfsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A memory disk of Linux, on which anyone may write. */
const MEMORY_DISK = '/dev/shm';
/** Bytes. Containers often have a disk of 64 MB, which one PostgreSQL fills. */
const ENOUGH = 2 * 1024 ** 3;

/**
 * Where the data of databases lie during a test run. PostgreSQL copies the 300 files of a database for each server under
 * test: twenty times as fast in memory as on the disk of a virtual machine. Programs do not lie here: containers forbid
 * to run them.
 */
export const DATA_FOLDER = hasRoom(MEMORY_DISK) ? MEMORY_DISK : tmpdir();

/** @returns where what takes long to make is kept from one run to the next */
export async function keptFolder(): Promise<string> {
  const folder = path.join(tmpdir(), 'cvat-auth-server-test');
  await mkdir(folder, { recursive: true });
  return folder;
}

function hasRoom(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= ENOUGH;
  } catch {
    return false;
  }
}
