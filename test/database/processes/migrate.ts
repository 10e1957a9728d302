import { createExternalDatabase } from '../../../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../../../src/platform/db/migrate.js';

/** A replica that starts: migrates the database of its first argument and writes what it applied. */
const db = createExternalDatabase({
  url: process.argv[2] ?? '',
  poolSize: 2,
  timeout: 20_000,
  applicationName: 'replica',
  guardNesting: false,
});
process.stdout.write(JSON.stringify(await migrate(db, MIGRATIONS)));
await db.close();
