import { StartError } from '../../kernel/start-error.js';
import type { Database } from './pool.js';
import { execute, many, type Queryable } from './queryable.js';
import { raw, sql } from './sql.js';

/**
 * The tables of CVAT into which this server inserts rows, and their columns that have neither a default nor null, as of
 * CVAT 2.62, and of 2.74 for the table of growth data: every insert names them.
 */
export const KNOWN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  auth_user: [
    'password',
    'is_superuser',
    'username',
    'first_name',
    'last_name',
    'email',
    'is_staff',
    'is_active',
    'date_joined',
  ],
  auth_user_groups: ['user_id', 'group_id'],
  engine_profile: ['rating', 'has_analytics_access', 'user_id'],
  account_emailaddress: ['email', 'verified', 'primary', 'user_id'],
  authtoken_token: ['key', 'created', 'user_id'],
  access_tokens_accesstoken: [
    'prefix',
    'hashed_key',
    'created',
    'name',
    'revoked',
    'updated_date',
    'read_only',
    'owner_id',
  ],
  organizations_organization: ['slug', 'name', 'description', 'created_date', 'updated_date', 'contact'],
  organizations_membership: ['is_active', 'role', 'organization_id'],
  organizations_invitation: ['key', 'created_date', 'membership_id'],
  socialaccount_socialaccount: ['provider', 'uid', 'last_login', 'date_joined', 'extra_data', 'user_id'],
  django_session: ['session_key', 'session_data', 'expire_date'],
  growth_usergrowthdata: ['user_id', 'github_prompt_support_clicked', 'promotion_notifications_allowed'],
};

/** What stands for "nothing was said" in a column, by its type. */
const NEUTRAL: Readonly<Record<string, string>> = {
  boolean: 'false',
  smallint: '0',
  integer: '0',
  bigint: '0',
  numeric: '0',
  real: '0',
  'double precision': '0',
  text: "''",
  'character varying': "''",
  character: "''",
  jsonb: "'{}'",
  json: "'{}'",
  ARRAY: "'{}'",
  date: 'now()',
  'timestamp with time zone': 'now()',
};

/** Lists in JSON (CVAT 2.79): an object would be none. */
const LISTS: ReadonlySet<string> = new Set([
  'engine_profile.planned_activities',
  'engine_profile.data_types',
]);

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  /** Another table has to have the value: nothing neutral would be there. */
  readonly refers: boolean;
}

/** @returns the columns of newer releases of CVAT that an insert of ours would leave out, and PostgreSQL refuse */
const findNewerColumns = (db: Queryable): Promise<readonly Column[]> =>
  many<Column & { [column: string]: unknown }>(
    db,
    // From the catalog: the same from information_schema takes ten times as long, at each start.
    sql`
      select r.relname as "table", a.attname as "column",
        case when t.typcategory = 'A' then 'ARRAY' else format_type(t.oid, null) end as "type",
        exists (
          select from pg_constraint k where k.conrelid = r.oid and k.contype = 'f' and a.attnum = any(k.conkey)
        ) as refers
      from pg_class r
      join pg_namespace n on n.oid = r.relnamespace
      join pg_attribute a on a.attrelid = r.oid
      join pg_type d on d.oid = a.atttypid
      join pg_type t on t.oid = coalesce(nullif(d.typbasetype, 0), d.oid)
      where n.nspname = current_schema() and r.relname = any(${Object.keys(KNOWN_COLUMNS)}::text[])
        and a.attnum > 0 and not a.attisdropped and (a.attnotnull or d.typnotnull) and not a.atthasdef
        and a.attidentity = '' and a.attgenerated = ''
      order by r.relname, a.attnum`,
  );

/**
 * Gives the columns that a newer CVAT added, and that its own code always fills, a neutral default: rows of this server
 * then have it. To CVAT nothing changes, because Django names every column.
 *
 * @returns the columns that have one now, as `table.column`
 * @throws StartError for a column of a kind for which there is nothing neutral
 */
export async function fillNewerColumns(db: Database): Promise<readonly string[]> {
  const found = await findNewerColumns(db);
  const newer = found.filter(({ table, column }) => KNOWN_COLUMNS[table]?.includes(column) !== true);
  for (const one of newer) await execute(db, setDefault(one));
  return newer.map(({ table, column }) => `${table}.${column}`);
}

function setDefault({ table, column, type, refers }: Column) {
  const isJson = type === 'jsonb' || type === 'json';
  const neutral = refers ? undefined : isJson && LISTS.has(`${table}.${column}`) ? "'[]'" : NEUTRAL[type];
  if (neutral === undefined)
    throw new StartError(
      `DATABASE_URL names a database of a newer CVAT, whose column ${table}.${column} this server cannot fill: give the column a default, or upgrade this server.`,
    );
  // Both names come from PostgreSQL's catalog.
  return raw(`alter table ${quoted(table)} alter column ${quoted(column)} set default ${neutral}`);
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
