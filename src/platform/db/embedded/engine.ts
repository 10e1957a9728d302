import { closeSync, fsyncSync, openSync } from 'node:fs';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

/**
 * PostgreSQL compiled to WebAssembly: one backend that speaks the wire protocol, for one client at a time.
 */
export interface Engine {
  /** Ends what an earlier client left behind: its transaction, settings and prepared statements. */
  reset(): Promise<void>;
  /**
   * @returns the answer to complete protocol messages, the last of which is one that PostgreSQL answers when
   *   it is done: start-up, Query or Sync
   * @throws Error if the engine is broken and must be opened anew
   */
  exec(messages: Uint8Array): Promise<Uint8Array>;
  /** Writes everything to the files and ends. */
  close(): Promise<void>;
}

/**
 * PGlite turns fsync off; here a commit waits for the disk. Its fdatasync does nothing, so the WAL is written
 * with fsync. Few shared buffers keep the memory low: the database is small and the system caches its files
 * anyway.
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

/** Segments of 1 MB instead of 16: the folder starts small. */
const INITDB_PARAMETERS = ['--wal-segsize=1'];

/**
 * Opens the database in a folder, or makes one when the folder is empty, which takes far more time and
 * memory. Nothing stops a second engine on the same folder: that is what the folder's lock is for.
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

/** Makes an engine of a PGlite that is open. */
export function createEngine(database: PGlite): Engine {
  return {
    async reset() {
      await database.exec('rollback');
      await database.exec('discard all');
    },
    async exec(messages) {
      // A view of a buffer that PGlite uses again: copied.
      const answer = (await database.execProtocolRaw(messages)).slice();
      if (!isComplete(answer)) throw new Error('The embedded database broke off its answer.');
      return answer;
    },
    close: () => database.close(),
  };
}

/** After a PANIC or an exhausted stack PGlite answers with less, then with nothing, for ever. */
const isComplete = (answer: Uint8Array): boolean =>
  Buffer.compare(answer.subarray(-READY_FOR_QUERY.length - 1, -1), READY_FOR_QUERY) === 0;

/** The ReadyForQuery message without its last byte, which tells the state of the transaction. */
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5]);

interface OpenFile {
  /** Descriptor of the real file; a directory has none. */
  readonly nfd?: number;
  readonly node: unknown;
}

interface DirectoryFiles {
  realPath(node: unknown): string;
  readonly stream_ops: { fsync?: (file: OpenFile) => number };
}

/** PGlite's files in a real folder, with the fsync that Emscripten leaves out. */
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

/** Makes new and renamed files in a directory last. */
function syncDirectory(dir: string): void {
  const descriptor = openSync(dir, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
