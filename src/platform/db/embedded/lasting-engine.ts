import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '../../../kernel/start-error.js';
import type { Engine } from './engine.js';
import { type EngineThread, openEngineThread } from './thread.js';

/** Milliseconds after which an answer is given up. PGlite cannot cancel a statement. */
const OVERDUE = 60_000;

/**
 * An engine in a thread that is replaced if it breaks: by a crash, a full disk, or a statement that does not end. The
 * work in progress fails, its transaction is rolled back, and the next connection reopens the folder.
 *
 * @throws StartError if the folder contains no database that opens
 */
export async function createLastingEngine(dir: string, overdue = OVERDUE): Promise<Engine> {
  // A promise, so that connections that arrive while the folder is being opened wait for the same thread.
  let opened: Promise<EngineThread> | undefined = Promise.resolve(await openFirst(dir));

  async function use<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    const current = opened;
    if (current === undefined) throw lost();
    const { engine, kill } = await current;
    const late = new AbortController();
    delay(overdue, undefined, { signal: late.signal, ref: false }).then(kill, () => {});
    try {
      return await work(engine);
    } catch (cause) {
      // Another thread may only open the folder once this one has ended.
      await kill();
      if (opened === current) opened = undefined;
      throw lost(cause);
    } finally {
      late.abort();
    }
  }

  async function reopen(): Promise<EngineThread> {
    try {
      return await openEngineThread(dir);
    } catch (cause) {
      opened = undefined;
      throw lost(cause);
    }
  }

  return {
    async reset() {
      opened ??= reopen();
      await use((engine) => engine.reset());
    },
    exec: (messages) => use((engine) => engine.exec(messages)),
    async close() {
      if (opened !== undefined) await use((engine) => engine.close());
    },
  };
}

function openFirst(dir: string): Promise<EngineThread> {
  return openEngineThread(dir).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `The embedded database in ${dir} does not open (${reason}): restore the folder from a backup, or move it away to start with an empty one.`,
      { cause },
    );
  });
}

/** Starts like the driver's message for a lost connection, because it is one: trying again may help. */
const lost = (cause?: unknown): Error =>
  new Error('Connection terminated: the embedded database stopped.', { cause });
