import type { PasswordService } from '../authentication/passwords/service.js';
import type { PasswordPolicy } from '../authentication/passwords/validators/policy.js';
import { ensureFirstAdmin, type FirstAdminOutcome } from '../features/accounts/index.js';
import { MIGRATIONS, migrate } from '../platform/db/migrate.js';
import { fillNewerColumns } from '../platform/db/newer-columns.js';
import type { Database } from '../platform/db/pool.js';
import { one } from '../platform/db/queryable.js';
import { sql } from '../platform/db/sql.js';
import { explainRefusal } from '../platform/db/start-failure.js';
import type { ContainerOptions } from './options.js';
import { secretKeyFromDatabase, secretKeyFromFile } from './secret-key.js';
import { siteNameOf } from './site-name.js';
import type { State } from './state.js';

/**
 * Prepares the database before the first request: tables, secret key, site, first administrator.
 *
 * @returns the administrator if one was created, and problems that an operator has to fix
 * @throws ServiceUnavailable if the database does not answer; StartError if it cannot be used
 */
export async function prepare(options: ContainerOptions, parts: PreparedParts): Promise<FirstAdminOutcome> {
  try {
    return await prepareDatabase(options, parts);
  } catch (error) {
    throw explainRefusal(error);
  }
}

export interface PreparedParts {
  readonly db: Database;
  readonly state: State;
  readonly passwords: PasswordService;
  readonly policy: PasswordPolicy;
}

async function prepareDatabase(
  { config, clock, random, log }: ContainerOptions,
  { db, state, passwords, policy }: PreparedParts,
): Promise<FirstAdminOutcome> {
  if (config.MIGRATE_ON_START) await migrate(db, MIGRATIONS);
  const filled = await fillNewerColumns(db);
  if (filled.length > 0)
    log.info(
      { columns: filled },
      'Columns of a newer CVAT have a default now, which rows of this server get.',
    );
  if (config.SECRET_KEY === undefined) {
    const isEmbedded = config.DATABASE_URL === undefined;
    if (!isEmbedded)
      log.warn(
        {},
        'SECRET_KEY is not set: the database stores a generated one. Set it to keep it out of backups.',
      );
    const secretKey = isEmbedded
      ? secretKeyFromFile(config.DATA_DIR, random)
      : secretKeyFromDatabase(db, random);
    state.learn({ secretKey: await secretKey });
  }
  state.learn({ siteName: siteNameOf(config, await readSiteName(db)) });
  const { ADMIN_USERNAME: username, ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = config;
  const outcome = await ensureFirstAdmin(
    { passwords, policy, db, clock, random },
    { username, email, password },
  );
  if (outcome.problem !== undefined) log.error({}, outcome.problem);
  state.prepared = true;
  return outcome;
}

/** CVAT sets Django's `SITE_ID` to 1. */
async function readSiteName(db: Database): Promise<string | undefined> {
  const site = await one<{ name: string }>(db, sql`select name from django_site where id = 1`);
  return site?.name;
}
