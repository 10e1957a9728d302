import { compilePolicyFilter, type FilterColumns, integerLookup } from '../../authorization/list-filter.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { allOf } from '../../platform/db/conditions.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';
import { column } from '../../platform/lists/columns.js';
import { defineList, type ListPlan } from '../../platform/lists/list-query.js';
import { type ListRows, runList } from '../../platform/lists/run-list.js';
import { type Person, type PersonColumns, personColumns, personOf } from '../users/index.js';

export interface GrowthData {
  readonly id: number;
  readonly owner: Person;
  readonly shownAt: Timestamp | null;
  readonly supportClicked: boolean;
  readonly promotionsAllowed: boolean;
}

/** Whose table has the rows: a CVAT beside this server, since 2.74, has one of its own. */
export type GrowthTable = 'ours' | 'cvat';

const TABLE: Readonly<Record<GrowthTable, Sql>> = {
  ours: sql`auth_server_growth`,
  cvat: sql`growth_usergrowthdata`,
};

const INSERT: Readonly<Record<GrowthTable, Sql>> = {
  ours: sql`insert into auth_server_growth`,
  cvat: sql`insert into growth_usergrowthdata`,
};

const UPDATE: Readonly<Record<GrowthTable, Sql>> = {
  ours: sql`update auth_server_growth`,
  cvat: sql`update growth_usergrowthdata`,
};

type Row = Omit<GrowthData, 'owner'> & PersonColumns<'owner'>;

/** The key of CVAT's table is a bigint, which would be read as text. */
const COLUMNS = sql`
  g.id::integer as id, ${personColumns('u', 'owner')}, g.github_prompt_shown_at as "shownAt",
  g.github_prompt_support_clicked as "supportClicked", g.promotion_notifications_allowed as "promotionsAllowed"`;

const joined = (table: GrowthTable): Sql => sql`${TABLE[table]} g join auth_user u on u.id = g.user_id`;

function growthOf(row: Row): GrowthData {
  const owner = personOf(row, 'owner');
  if (owner === null) throw new TypeError('The query joins the owner.');
  const { id, shownAt, supportClicked, promotionsAllowed } = row;
  return { id, owner, shownAt, supportClicked, promotionsAllowed };
}

/** CVAT 2.74, `UserGrowthDataViewSet`. */
export const GROWTH_LIST = defineList({
  columns: { id: column.integer(sql`g.id`), user_id: column.integer(sql`g.user_id`) },
  search: [],
  simple: ['user_id'],
  filter: ['id', 'user_id'],
  sort: ['id'],
  defaultSort: 'id',
  unique: sql`g.id`,
});

const POLICY_COLUMNS: FilterColumns = { user_id: integerLookup(sql`g.user_id`) };

export async function hasCvatTable(db: Queryable): Promise<boolean> {
  const row = await one<{ found: boolean }>(
    db,
    sql`select to_regclass('growth_usergrowthdata') is not null as found`,
  );
  return row?.found === true;
}

/**
 * Adds the row of an account that has none, as if the prompt had been shown when the account was made. It inserts only a
 * missing row, because each insert uses up an id.
 */
export const ensureGrowth = (db: Queryable, table: GrowthTable, userId: number) =>
  execute(
    db,
    sql`
      ${INSERT[table]}
        (user_id, github_prompt_shown_at, github_prompt_support_clicked, promotion_notifications_allowed)
      select u.id, u.date_joined, false, true from auth_user u
      where u.id = ${userId} and not exists (select from ${TABLE[table]} g where g.user_id = u.id)
      for key share of u
      on conflict (user_id) do nothing`,
  );

/** @param visible the policy's answer */
export async function listGrowth(
  db: Queryable,
  table: GrowthTable,
  plan: ListPlan,
  visible: unknown,
): Promise<ListRows<GrowthData>> {
  const where = allOf([plan.where, compilePolicyFilter(visible, POLICY_COLUMNS)]);
  const page = await runList<Row>(db, { ...plan, where, select: COLUMNS, from: joined(table) });
  return { ...page, rows: page.rows.map(growthOf) };
}

/** @param visible the policy's filter of the viewer's list: rows outside of it are not found */
export async function findGrowth(
  db: Queryable,
  table: GrowthTable,
  id: number,
  visible: unknown,
): Promise<GrowthData | undefined> {
  const condition = compilePolicyFilter(visible, POLICY_COLUMNS);
  const row = await one<Row>(
    db,
    sql`select ${COLUMNS} from ${joined(table)} where g.id = ${id} and ${condition}`,
  );
  return row && growthOf(row);
}

export interface GrowthChange {
  readonly shownAt: Date | undefined;
  readonly supportClicked: true | undefined;
  readonly promotionsAllowed: boolean | undefined;
}

export const updateGrowth = (
  db: Queryable,
  table: GrowthTable,
  id: number,
  { shownAt, supportClicked, promotionsAllowed }: GrowthChange,
) =>
  execute(
    db,
    sql`
      ${UPDATE[table]} set
        github_prompt_shown_at = coalesce(${shownAt ?? null}::timestamptz, github_prompt_shown_at),
        github_prompt_support_clicked = github_prompt_support_clicked or ${supportClicked ?? false}::boolean,
        promotion_notifications_allowed =
          coalesce(${promotionsAllowed ?? null}::boolean, promotion_notifications_allowed)
      where id = ${id}`,
  );
