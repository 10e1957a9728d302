import { PGlite, type PGliteOptions } from '@electric-sql/pglite';
import { createEngine, type Engine } from '../../src/platform/db/embedded/engine.js';

/** Opens a database that lives in memory, in this thread; from the archive of a prepared folder if one is given. */
export async function openMemoryEngine(archive?: Blob): Promise<Engine> {
  const loaded: PGliteOptions = archive === undefined ? {} : { loadDataDir: archive };
  const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];
  return createEngine(await PGlite.create({ ...loaded, startParams }));
}
