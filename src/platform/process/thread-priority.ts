import { readdir, readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';

const TASKS = '/proc/self/task';
/** libuv 1.50 and later, in Node.js 24, give this name to the threads that compute hashes. */
const POOL = 'libuv-worker\n';
/** A tenth of the weight of a thread at 0 (sched(7)): a hash only gets what requests leave. */
const NICENESS = 10;

/**
 * Puts the threads of libuv's pool behind the thread that answers requests. Hashes occupy a processor for a third of a
 * second; requests would wait for their turn several times each. A log-in takes as long as before unless the processors
 * are busy. The pool also reads files and looks up names, which takes no time worth mentioning.
 *
 * Does nothing where threads have no names: in Node.js 20, and outside Linux, which alone has priorities of threads.
 */
export async function putPoolBehindRequests(): Promise<void> {
  const tasks = await readdir(TASKS).catch(() => []);
  await Promise.all(tasks.map(putBehind));
}

/** A thread may have ended, and a sandbox may forbid it: then it keeps its priority. */
async function putBehind(task: string): Promise<void> {
  try {
    if ((await readFile(`${TASKS}/${task}/comm`, 'utf8')) === POOL) setPriority(Number(task), NICENESS);
  } catch {}
}
