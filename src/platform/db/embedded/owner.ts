import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** A process, distinguished from any other one with the same pid, past or present. */
export interface Owner {
  readonly pid: number;
  /** Its start time in the kernel's unit. Empty on systems without `/proc`. */
  readonly started: string;
  /** Where the pid is valid: one machine since its boot, one pid namespace. Each container has its own. */
  readonly place: string;
}

export const describeSelf = async (): Promise<Owner> => ({
  pid: process.pid,
  started: await startOf(process.pid),
  place: await describePlace(),
});

/** @returns whether the process runs; undefined for one elsewhere, which is not visible from here */
export async function isAlive(owner: Owner): Promise<boolean | undefined> {
  if (owner.place !== (await describePlace())) return undefined;
  return hasProcess(owner.pid) && (await startOf(owner.pid)) === owner.started;
}

/** @returns undefined for a text that is not an owner's JSON */
export function parseOwner(text: string): Owner | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isOwner(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isOwner = (value: unknown): value is Owner =>
  typeof value === 'object' &&
  value !== null &&
  'pid' in value &&
  Number.isInteger(value.pid) &&
  'started' in value &&
  'place' in value;

async function describePlace(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return boot === '' ? hostname() : `${boot.trim()} ${namespace}`;
}

/** @returns field 22 of `/proc/<pid>/stat` (proc(5)); the second field may contain spaces and parentheses */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process exists and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
