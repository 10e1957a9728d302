import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../migrate.js';
import { packFolder } from './archive.js';
import { createEmbeddedDatabase } from './embedded.js';

/** Milliseconds a statement may take while the seed is created, even on a slow machine. */
const TIMEOUT = 300_000;

/** Creates the archive that `createEmbeddedDatabase` starts from: an empty database with all migrations applied. */
export async function makeSeed(archive: string, migrations: string): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'cvat-auth-seed-'));
  const draft = `${archive}.${path.basename(dataDir)}`;
  try {
    const db = await createEmbeddedDatabase({ dataDir, timeout: TIMEOUT, guardNesting: false, seed: '' });
    await migrate(db, migrations);
    await db.query({ text: 'vacuum (freeze, analyze)' });
    await db.close();
    await packFolder(path.join(dataDir, 'postgres'), draft);
    await rename(draft, archive);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
    await rm(draft, { force: true });
  }
}
