import { StartError } from '../../kernel/start-error.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { join, raw, type Sql, sql } from '../../platform/db/sql.js';
import { parseJson } from '../../platform/values/json.js';
import type { Item, Kind } from './rows.js';
import { KINDS } from './rows.js';

/** Rows read per statement. */
const BATCH = 5000;

interface Source {
  readonly table: string;
  readonly key: 'id' | 'key';
  /** The columns of the row besides its key, in table `t`. */
  readonly columns: Sql;
  /** The account it belongs to. */
  readonly account?: string;
}

/** A table of this server: the source may be one, or a CVAT that shares its database with one. */
const BOUND_TOKENS = 'auth_server_access_tokens';

/** Columns that CVAT added later, with the values to assume for older releases. */
const LATER: Readonly<Record<string, string>> = {
  'engine_profile.has_analytics_access': 'false',
  'engine_profile.last_activity_date': 'null::timestamptz',
  'organizations_invitation.sent_date': 'null::timestamptz',
};

const SOURCES: Readonly<Record<Kind, Source>> = {
  site: { table: 'django_site', key: 'id', columns: sql`t.domain, t.name` },
  group: { table: 'auth_group', key: 'id', columns: sql`t.name` },
  user: {
    table: 'auth_user',
    key: 'id',
    columns: sql`
      t.password, t.last_login, t.is_superuser, t.username, t.first_name, t.last_name, t.email, t.is_staff, t.is_active,
      t.date_joined,
      coalesce(
        (
          select json_agg(json_build_object('id', g.id, 'name', g.name) order by g.id)
          from auth_user_groups ug join auth_group g on g.id = ug.group_id
          where ug.user_id = t.id
        ),
        '[]'
      ) as groups`,
  },
  email: {
    table: 'account_emailaddress',
    key: 'id',
    columns: sql`t.email, t.verified, t."primary"`,
    account: 'user_id',
  },
  token: { table: 'authtoken_token', key: 'key', columns: sql`t.created`, account: 'user_id' },
  access_token: {
    table: 'access_tokens_accesstoken',
    key: 'id',
    columns: sql`
      t.prefix, t.hashed_key, t.created, t.name, t.revoked, t.expiry_date, t.updated_date, t.last_used_date, t.read_only`,
    account: 'owner_id',
  },
  organization: {
    table: 'organizations_organization',
    key: 'id',
    columns: sql`t.slug, t.name, t.description, t.created_date, t.updated_date, t.contact::text`,
    account: 'owner_id',
  },
  membership: {
    table: 'organizations_membership',
    key: 'id',
    columns: sql`t.organization_id, t.is_active, t.joined_date, t.role`,
    account: 'user_id',
  },
  invitation: {
    table: 'organizations_invitation',
    key: 'key',
    columns: sql`t.membership_id, t.created_date, t.sent_date`,
    account: 'owner_id',
  },
  profile: {
    table: 'engine_profile',
    key: 'id',
    columns: sql`t.rating, t.has_analytics_access, t.last_activity_date`,
    account: 'user_id',
  },
};

/** The tables a source must have: CVAT added all others at some point. */
const REQUIRED: readonly Kind[] = ['group', 'user', 'organization', 'membership', 'invitation'];

/**
 * Reads the identity tables of a CVAT, 2.15 or later, or of this server. Run it in a transaction with a snapshot: it
 * makes that transaction read-only.
 *
 * @throws StartError for a database that is not CVAT's
 */
export async function* readDatabase(tx: Queryable): AsyncGenerator<Item> {
  await execute(tx, sql`set transaction read only`);
  // The consumer of the rows may be slow.
  await execute(tx, sql`set local idle_in_transaction_session_timeout = 0`);
  const known = await listColumns(tx);
  const missing = REQUIRED.map((kind) => SOURCES[kind].table).filter((table) => !known.has(`${table}.`));
  if (missing.length > 0)
    throw new StartError(`This is not a CVAT database: it has no table ${missing.join(', ')}.`);
  for (const kind of KINDS) if (known.has(`${SOURCES[kind].table}.`)) yield* readTable(tx, kind, known);
}

/** @returns `table.column` for each column, and `table.` for each table */
async function listColumns(tx: Queryable): Promise<ReadonlySet<string>> {
  const tables = [...Object.values(SOURCES).map(({ table }) => table), BOUND_TOKENS];
  const rows = await many<{ table: string; column: string }>(
    tx,
    sql`
      select c.relname as "table", a.attname as "column"
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      where a.attrelid in (select to_regclass(name) from unnest(${tables}::text[]) as name)
        and a.attnum > 0 and not a.attisdropped`,
  );
  return new Set(rows.flatMap(({ table, column }) => [`${table}.`, `${table}.${column}`]));
}

/** Ordered by key, from one batch to the next. */
async function* readTable(tx: Queryable, kind: Kind, known: ReadonlySet<string>): AsyncGenerator<Item> {
  const { table, key, columns, account } = SOURCES[kind];
  const id = raw(`t.${key}`);
  const owner = account === undefined ? [] : [ownerColumns(account)];
  const selected = join([raw(`t.${key} as ${key === 'id' ? 'pk' : 'key'}`), columns, ...owner], ', ');
  let last: Sql = key === 'id' ? sql`${-(2 ** 31)}::bigint` : sql`''`;
  for (;;) {
    const rows = await many<{ pk?: number; key?: string; contact?: string }>(
      tx,
      sql`
        select ${selected} from (${withLaterColumns(table, known)}) t
        where ${id} > ${last} and ${isCopied(kind, known)} order by ${id} limit ${BATCH}`,
    );
    for (const row of rows) yield { kind, row: withContact(row) } as unknown as Item;
    const end = rows.at(-1);
    if (rows.length < BATCH || end === undefined) return;
    last = key === 'id' ? sql`${end.pk}::integer` : sql`${end.key}::text`;
  }
}

/** Any JSON, with its numbers unchanged. */
const withContact = <R extends { readonly contact?: string }>(row: R): object =>
  row.contact === undefined ? row : { ...row, contact: parseJson(row.contact) };

/** CVAT has no tokens bound to one organization: without the binding, the token would be valid for more than before. */
const isCopied = (kind: Kind, known: ReadonlySet<string>): Sql =>
  kind === 'access_token' && known.has(`${BOUND_TOKENS}.`)
    ? sql`not exists (select from ${raw(BOUND_TOKENS)} b where b.token_id = t.id and b.is_bound)`
    : sql`true`;

/** @returns how many personal access tokens are left out because they are bound to an organization */
export async function countBoundTokens(tx: Queryable): Promise<number> {
  const row = await one<{ count: number }>(
    tx,
    sql`select count(*)::integer as count from auth_server_access_tokens where is_bound`,
  );
  return row?.count ?? 0;
}

const ownerColumns = (column: string): Sql => sql`
  t.${raw(column)} as user_id, (select u.username from auth_user u where u.id = t.${raw(column)}) as user_name`;

function withLaterColumns(table: string, known: ReadonlySet<string>): Sql {
  const absent = Object.entries(LATER).filter(([name]) => name.startsWith(`${table}.`) && !known.has(name));
  const columns = absent.map(([name, value]) => `, ${value} as ${name.slice(table.length + 1)}`);
  return raw(`select *${columns.join('')} from ${table}`);
}
