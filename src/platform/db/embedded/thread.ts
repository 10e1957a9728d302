import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Engine } from './engine.js';

export type Request =
  | { readonly kind: 'exec'; readonly messages: Uint8Array }
  | { readonly kind: 'reset' }
  | { readonly kind: 'close' };

export interface Reply {
  readonly result?: Uint8Array;
  readonly error?: unknown;
}

interface Pending {
  resolve(result: Uint8Array | undefined): void;
  reject(error: unknown): void;
}

/**
 * `.js` in the build. `.ts` if the sources run directly, in tests and with tsx: the thread then needs tsx too, and in
 * Node.js 20 `--import tsx` only affects the main thread.
 */
const EXTENSION = extname(import.meta.url);
const WORKER = new URL(`./worker${EXTENSION}`, import.meta.url);
const EXEC_ARGV = EXTENSION === '.ts' ? ['--import', registerTsx()] : [];

function registerTsx(): string {
  return `data:text/javascript,import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();`;
}

export interface EngineThread {
  readonly engine: Engine;
  /** Ends the thread immediately, like kill -9: its requests are rejected. */
  kill(): Promise<void>;
}

/** Opens the database of a folder in a separate thread, so that a slow statement only delays other statements. */
export async function openEngineThread(dir: string): Promise<EngineThread> {
  const worker = new Worker(WORKER, { workerData: dir, execArgv: EXEC_ARGV });
  // Replies arrive in the order of the requests.
  const pending: Pending[] = [];
  let failure: Error | undefined;

  worker.on('error', (error) => {
    failure = error;
  });
  worker.on('exit', () => {
    failure ??= new Error('The thread of the embedded database ended.');
    for (const { reject } of pending.splice(0)) reject(failure);
  });
  worker.on('message', ({ result, error }: Reply) => {
    const request = pending.shift();
    if (error === undefined) request?.resolve(result);
    else request?.reject(error);
  });

  const reply = () =>
    new Promise<Uint8Array | undefined>((resolve, reject) => {
      if (failure === undefined) pending.push({ resolve, reject });
      else reject(failure);
    });
  const call = (request: Request) => {
    worker.postMessage(request);
    return reply();
  };
  const kill = async () => {
    await worker.terminate();
  };

  await reply().catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  return {
    kill,
    engine: {
      async reset() {
        await call({ kind: 'reset' });
      },
      exec: async (messages) => (await call({ kind: 'exec', messages })) ?? new Uint8Array(),
      async close() {
        await call({ kind: 'close' });
        await kill();
      },
    },
  };
}
