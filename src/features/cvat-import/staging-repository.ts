import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { join, raw, type Sql, sql } from '../../platform/db/sql.js';
import type { Finding, Kind } from './rows.js';

/** Staged data: the rows of a source, and the groups of each account. */
export type StageKind = Kind | 'user_group';

const ACCOUNT = 'user_id integer, user_name text';

/** Column definitions for the rows. */
const COLUMNS: Readonly<Record<StageKind, string>> = {
  site: 'pk integer, domain text, name text',
  group: 'pk integer, name text',
  user: `pk integer, username text, password text, hash_problem text, hash_format text, last_login timestamptz,
    is_superuser boolean, first_name text, last_name text, email text, is_staff boolean, is_active boolean,
    date_joined timestamptz`,
  user_group: `${ACCOUNT}, group_id integer, group_name text`,
  email: `pk integer, ${ACCOUNT}, email text, verified boolean, "primary" boolean`,
  token: `key text, ${ACCOUNT}, created timestamptz`,
  access_token: `pk integer, ${ACCOUNT}, prefix text, hashed_key text, hash_problem text, hash_format text,
    created timestamptz, name text, revoked boolean, expiry_date timestamptz, updated_date timestamptz,
    last_used_date timestamptz, read_only boolean`,
  organization: `pk integer, ${ACCOUNT}, slug text, name text, description text, created_date timestamptz,
    updated_date timestamptz, contact jsonb`,
  membership: `pk integer, ${ACCOUNT}, organization_id integer, is_active boolean, joined_date timestamptz, role text`,
  invitation: `key text, ${ACCOUNT}, membership_id integer, created_date timestamptz, sent_date timestamptz`,
  profile: `pk integer, ${ACCOUNT}, rating double precision, has_analytics_access boolean,
    last_activity_date timestamptz`,
};

const STAGE_KINDS = Object.keys(COLUMNS) as readonly StageKind[];

/** In every condition, the alias `s` is the staged row. */
const stageOf = (kind: StageKind): Sql => raw(`import_${kind}`);

/**
 * How a finding identifies a row. The name of an account may be in the reference or in the account that it refers to.
 */
const ACCOUNT_NAME = sql`coalesce(
  s.user_name, (select u.username from import_user u where u.pk = s.user_id order by u.seq limit 1), '#' || s.user_id, 'nobody'
)`;
const ITEMS: Readonly<Record<StageKind, Sql>> = {
  site: sql`s.name`,
  group: sql`s.name`,
  user: sql`s.username`,
  user_group: sql`${ACCOUNT_NAME} || ' in ' || coalesce(s.group_name, '#' || s.group_id)`,
  email: sql`s.email || ' of ' || ${ACCOUNT_NAME}`,
  token: sql`'of ' || ${ACCOUNT_NAME}`,
  access_token: sql`'"' || s.name || '" of ' || ${ACCOUNT_NAME}`,
  organization: sql`s.slug`,
  membership: sql`${ACCOUNT_NAME} || ' in ' || coalesce(
    (select o.slug from import_organization o where o.pk = s.organization_id order by o.seq limit 1), '#' || s.organization_id
  )`,
  invitation: sql`'to membership #' || s.membership_id`,
  profile: sql`'of ' || ${ACCOUNT_NAME}`,
};

/** Higher ids are not kept: the next account would have no id left. */
const MAXIMUM_KEPT_ID = 2_000_000_000;

/**
 * Creates a temporary table for each kind, until the end of the transaction. Their pages are filled to less than half:
 * every row is updated twice, and its new version then needs no new index entries.
 */
export async function createStages(tx: Queryable): Promise<void> {
  await execute(tx, sql`set local idle_in_transaction_session_timeout = 0`);
  await execute(tx, sql`set local work_mem = '64MB'`);
  for (const kind of STAGE_KINDS) {
    await execute(
      tx,
      sql`
        create temporary table ${stageOf(kind)} (
          ${raw(COLUMNS[kind])},
          seq integer generated always as identity primary key,
          -- new, present or skipped; null as long as nobody has decided.
          outcome text,
          -- Its id here.
          target integer,
          -- The account it refers to: id here, and outcome.
          account integer,
          account_outcome text
        ) with (fillfactor = 45) on commit drop`,
    );
  }
  await execute(
    tx,
    sql`create temporary table import_finding (effect text, kind text, item text, reason text) on commit drop`,
  );
}

/** @param rows JSON objects with the columns of the kind */
export const stageRows = (tx: Queryable, kind: StageKind, rows: readonly string[]) =>
  execute(
    tx,
    sql`
      insert into ${stageOf(kind)}
      select * from json_to_recordset(${`[${rows.join()}]`}::json) as r (${raw(COLUMNS[kind])})`,
  );

/** Call this once all rows are staged and before anything is decided. */
export async function indexStages(tx: Queryable): Promise<void> {
  for (const kind of STAGE_KINDS) {
    for (const column of ['pk', 'key', 'user_id', 'user_name', 'username', 'slug', 'prefix', 'membership_id'])
      if (new RegExp(`\\b${column} `).test(COLUMNS[kind]))
        await execute(tx, sql`create index on ${stageOf(kind)} (${raw(column)})`);
    await execute(tx, sql`analyze ${stageOf(kind)}`);
  }
}

/** Skips the undecided rows that meet a condition, and records the reason. */
export const skip = (tx: Queryable, kind: StageKind, condition: Sql, reason: string) =>
  execute(
    tx,
    sql`
      with s as (
        update ${stageOf(kind)} s set outcome = 'skipped' where s.outcome is null and (${condition}) returning s.*
      )
      insert into import_finding
      select 'skipped', ${kind === 'user_group' ? 'user' : kind}, ${ITEMS[kind]}, ${reason} from s`,
  );

/** Records what changes in the new rows that meet a condition. @param reason a text expression */
export const noteChange = (tx: Queryable, kind: Kind, condition: Sql, reason: Sql) =>
  execute(
    tx,
    sql`
      insert into import_finding
      select 'changed', ${kind}, ${ITEMS[kind]}, ${reason} from ${stageOf(kind)} s
      where s.outcome = 'new' and (${condition})`,
  );

/** For `noteChange`: an id of the source that could not be kept. */
export const NEW_ID = sql`format('it gets the id %s: %s is in use here or cannot be kept', s.target, s.pk)`;

/** Marks the undecided rows that need no assigned id as new. */
export const markImported = (tx: Queryable, kind: StageKind) =>
  execute(tx, sql`update ${stageOf(kind)} set outcome = 'new' where outcome is null`);

/** Marks the undecided rows that meet a condition as present: they already exist, or were left out on purpose. */
export const markPresent = (tx: Queryable, kind: StageKind, condition: Sql) =>
  execute(
    tx,
    sql`update ${stageOf(kind)} s set outcome = 'present' where s.outcome is null and (${condition})`,
  );

/** Skips all but the first of several undecided rows with the same values. */
export const skipRepeated = (tx: Queryable, kind: StageKind, columns: readonly string[], reason: string) =>
  skip(
    tx,
    kind,
    sql`exists (
      select from ${stageOf(kind)} o
      where o.outcome is null and o.seq < s.seq and ${join(
        columns.map((column) => raw(`o.${column} = s.${column}`)),
        ' and ',
      )}
    )`,
    reason,
  );

/** Finds the accounts that rows refer to; must run after the accounts have been decided. */
export async function resolveAccounts(tx: Queryable, kind: StageKind): Promise<void> {
  for (const matches of [sql`u.pk = s.user_id`, sql`s.user_id is null and u.username = s.user_name`]) {
    await execute(
      tx,
      sql`
        update ${stageOf(kind)} s set account = u.target, account_outcome = u.outcome
        from import_user u where u.outcome in ('new', 'present') and ${matches}`,
    );
  }
  await execute(tx, sql`analyze ${stageOf(kind)}`);
}

/**
 * Marks the undecided rows as new. They keep their ids if those are free; others get ids above all ids of both sides.
 */
export async function assignIds(tx: Queryable, kind: StageKind, table: string): Promise<void> {
  await execute(
    tx,
    sql`
      with undecided as (
        select seq, pk,
          pk between 1 and ${MAXIMUM_KEPT_ID}::integer
            and not exists (select from ${raw(table)} t where t.id = pk)
            and row_number() over (partition by pk order by seq) = 1 as keeps
        from ${stageOf(kind)}
        where outcome is null
      ),
      top as (
        select greatest(
          (select max(id) from ${raw(table)}),
          (select max(pk) from ${stageOf(kind)} where pk <= ${MAXIMUM_KEPT_ID}::integer),
          0
        ) as id
      ),
      chosen as (
        select seq, case when keeps then pk
          else top.id + (row_number() over (partition by coalesce(keeps, false) order by seq))::integer end as id
        from undecided cross join top
      )
      update ${stageOf(kind)} s set target = chosen.id, outcome = 'new' from chosen where chosen.seq = s.seq`,
  );
}

/** Makes sure that the next inserted row gets a free id. Rolling the transaction back does not undo this. */
export const advanceSequence = (tx: Queryable, table: string) =>
  execute(
    tx,
    sql`
      select setval(sequence, greatest((select max(id) from ${raw(table)}), pg_sequence_last_value(sequence)))
      from cast(pg_get_serial_sequence(${table}, 'id') as regclass) as sequence`,
  );

/** The number of rows of a kind, by result. */
export interface Count {
  readonly read: number;
  readonly imported: number;
  readonly present: number;
  readonly skipped: number;
}

export async function countRows(tx: Queryable, kind: Kind): Promise<Count> {
  const count = await one<Count>(
    tx,
    sql`
      select count(*)::integer as read,
        (count(*) filter (where outcome = 'new'))::integer as imported,
        (count(*) filter (where outcome = 'present'))::integer as present,
        (count(*) filter (where outcome = 'skipped'))::integer as skipped
      from ${stageOf(kind)}`,
  );
  return count ?? { read: 0, imported: 0, present: 0, skipped: 0 };
}

/** @returns how many new accounts have a password in each format that requires a setting */
export const countHashFormats = (tx: Queryable) =>
  many<{ format: string; count: number }>(
    tx,
    sql`
      select hash_format as format, count(*)::integer as count from import_user
      where outcome = 'new' and hash_format is not null group by 1 order by 1`,
  );

export const listFindings = (tx: Queryable): Promise<Finding[]> =>
  many<Finding & Record<string, unknown>>(tx, sql`select effect, kind, item, reason from import_finding`);
