import { describeNetworkFailure } from '../../kernel/network-failure.js';
import type { ServiceTrial } from '../../kernel/service-trial.js';
import { MIGRATIONS, pendingMigrations } from './migrate.js';
import type { Database } from './pool.js';
import { one } from './queryable.js';
import { sql } from './sql.js';
import { explainRefusal } from './start-failure.js';
import { readDatabaseState } from './state.js';

interface Facts {
  readonly version: string;
  readonly release: number;
  readonly role: string;
  readonly database: string;
  readonly mayCreate: boolean;
}

const OLDEST_RELEASE = 13;

/** Logs in, and looks at version and rights. It changes nothing. @returns what was found; never throws for a failure */
export async function tryDatabase(db: Database): Promise<ServiceTrial> {
  try {
    const facts = await one<Facts>(
      db,
      sql`
        select current_setting('server_version') as version,
          current_setting('server_version_num')::integer / 10000 as release,
          current_user as role, current_database() as database,
          coalesce(has_schema_privilege(current_schema(), 'create'), false) as "mayCreate"`,
    );
    return facts === undefined
      ? { ok: false, detail: 'PostgreSQL gives no answer.' }
      : await judge(db, facts);
  } catch (error) {
    const explained = explainRefusal(error);
    const detail =
      explained instanceof Error && explained !== error
        ? explained.message
        : `DATABASE_URL can't be used: ${describeNetworkFailure(error)}.`;
    return { ok: false, detail };
  }
}

async function judge(
  db: Database,
  { version, release, role, database, mayCreate }: Facts,
): Promise<ServiceTrial> {
  const found = `PostgreSQL ${version}, database ${database}, as ${role}`;
  if (release < OLDEST_RELEASE)
    return { ok: false, detail: `${found}: this server needs PostgreSQL ${OLDEST_RELEASE} or later.` };
  const state = await readDatabaseState(db);
  if (!state.isReady) return { ok: false, detail: `${found}: the database ${state.text}.` };
  const pending = await pendingMigrations(db, MIGRATIONS);
  if (pending.length > 0 && !mayCreate)
    return {
      ok: false,
      detail: `${found}: ${pending.length} migrations are to be applied, and the role may not create tables. Grant it CREATE on the schema public.`,
    };
  const rest = pending.length === 0 ? 'all migrations are applied' : `${pending.length} migrations to apply`;
  return { ok: true, detail: `${found}; ${rest}${state.text === 'ok' ? '' : `; it is ${state.text}`}.` };
}
