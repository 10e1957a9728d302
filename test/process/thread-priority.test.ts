import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { preparedFolder, startServer } from './server.js';

/** libuv names its threads since 1.50. */
const HAS_NAMES = Number(process.versions.uv.split('.')[1]) >= 50;
const POOL_SIZE = 4;
const BEHIND = 10;

describe('the threads of the server', () => {
  it('compute hashes behind the one that answers requests', async () => {
    const { process: child } = await startServer({ cwd: await preparedFolder() });
    const threads = threadsOf(child.pid ?? 0);
    const behind = threads.filter(({ niceness }) => niceness === BEHIND);
    expect(behind.map(({ name }) => name)).toEqual(
      Array.from({ length: HAS_NAMES ? POOL_SIZE : 0 }, () => 'libuv-worker'),
    );
    expect(threads.find(({ id }) => id === child.pid)?.niceness).toBe(getPriority());
  });
});

/** Name and niceness of each thread (proc_pid_stat(5), fields 2 and 19). */
function threadsOf(pid: number) {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8');
    const end = stat.lastIndexOf(')');
    const rest = stat.slice(end + 2).split(' ');
    return { id: Number(task), name: stat.slice(stat.indexOf('(') + 1, end), niceness: Number(rest[16]) };
  });
}
