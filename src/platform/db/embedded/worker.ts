import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { type Engine, openEngine } from './engine.js';
import type { Reply, Request } from './thread.js';

/** The thread of the embedded database: a slow statement must not block the event loop of the server. */

const answer = (reply: Reply, transfer: readonly ArrayBuffer[] = []): void => {
  parentPort?.postMessage(reply, transfer);
};

async function handle(engine: Engine, request: Request): Promise<void> {
  try {
    if (request.kind === 'exec') {
      const result = await engine.exec(request.messages);
      answer({ result }, result.buffer instanceof ArrayBuffer ? [result.buffer] : []);
    } else {
      await engine[request.kind]();
      answer({});
    }
  } catch (error) {
    answer({ error });
  }
}

/**
 * By default V8 compiles the busiest functions of PostgreSQL a second time. That takes a third of the processor time of
 * the start, up to 400 MB for seconds and 50 MB for good, and makes no statement measurably faster. It counts for the
 * whole process: a decision of the embedded policy takes 14 µs instead of 8.
 */
setFlagsFromString('--no-wasm-tier-up');
setFlagsFromString('--no-wasm-dynamic-tiering');

/** One request after the other: a reset consists of two statements, and nothing may run between them. */
let queue: Promise<void> = openEngine(workerData).then(
  (engine) => {
    answer({});
    parentPort?.on('message', (request: Request) => {
      queue = queue.then(() => handle(engine, request));
    });
  },
  (error: unknown) => answer({ error }),
);
