import { closeSync, fsyncSync, openSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/**
 * PostgreSQL compiled to WebAssembly: one backend that speaks the wire protocol, for one client at a time.
 */
export interface Engine {
  /** Ends what an earlier client left open: its transaction, settings and prepared statements. */
  reset(): Promise<void>;
  /**
   * @returns the answer to complete protocol messages, the last of which must be one that PostgreSQL answers when it
   *   is done: start-up, Query or Sync
   * @throws Error if the engine is broken and must be reopened
   */
  exec(messages: Uint8Array): Promise<Uint8Array>;
  /** Writes everything to the files and stops. */
  close(): Promise<void>;
}

/**
 * PGlite turns fsync off; here a commit waits for the disk. Its fdatasync does nothing, so the WAL is written with
 * fsync. Few shared buffers keep memory usage low: the database is small, and the system caches its files anyway.
 */
const START_PARAMETERS = [
  ...PGlite.defaultStartParams.filter((parameter) => parameter !== '-F'),
  '-c',
  'fsync=on',
  '-c',
  'wal_sync_method=fsync',
  '-c',
  'shared_buffers=16MB',
  '-c',
  'jit=off',
];

/** Segments of 1 MB instead of 16 MB, so that the folder starts small. */
const INITDB_PARAMETERS = ['--wal-segsize=1'];

/**
 * Opens the database in a folder, or creates one if the folder is empty, which takes far more time and memory. Nothing
 * prevents a second engine on the same folder: the folder's lock has to.
 */
export async function openEngine(dir: string): Promise<Engine> {
  return createEngine(
    await PGlite.create({
      fs: durableFiles(dir),
      startParams: START_PARAMETERS,
      initDbStartParams: INITDB_PARAMETERS,
    }),
  );
}

/** Creates an engine from an open PGlite. */
export function createEngine(database: PGlite): Engine {
  return {
    async reset() {
      await database.exec('rollback');
      await database.exec('discard all');
    },
    async exec(messages) {
      // PGlite reuses the buffer behind this view, so it is copied.
      const answer = (await database.execProtocolRaw(messages)).slice();
      if (!isComplete(answer)) throw new Error('The embedded database broke off its answer.');
      return answer;
    },
    close: () => database.close(),
  };
}

/** After a PANIC or a stack overflow PGlite returns incomplete answers, then empty ones, forever. */
const isComplete = (answer: Uint8Array): boolean =>
  Buffer.compare(answer.subarray(-READY_FOR_QUERY.length - 1, -1), READY_FOR_QUERY) === 0;

/** The ReadyForQuery message without its last byte, which contains the state of the transaction. */
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5]);

interface OpenFile {
  /** Descriptor of the real file; directories have none. */
  readonly nfd?: number;
  readonly node: unknown;
}

interface DirectoryFiles {
  realPath(node: unknown): string;
  readonly stream_ops: { fsync?: (file: OpenFile) => number };
}

/** PGlite's files in a real folder, with the fsync that Emscripten omits. */
function durableFiles(dir: string): NodeFS {
  const files = new NodeFS(dir);
  const init = files.init.bind(files);
  files.init = async (database, options) => {
    const { emscriptenOpts } = await init(database, options);
    const preRun = [
      ...(emscriptenOpts.preRun ?? []),
      ({ NODEFS }: { NODEFS: DirectoryFiles }) => addSync(NODEFS),
    ];
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  };
  return files;
}

function addSync(files: DirectoryFiles): void {
  files.stream_ops.fsync = ({ nfd, node }) => {
    if (nfd === undefined) syncDirectory(files.realPath(node));
    else fsyncSync(nfd);
    return 0;
  };
}

/** Makes new and renamed files in a directory durable. */
function syncDirectory(dir: string): void {
  const descriptor = openSync(dir, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
