import { execute, many, type Queryable } from '../../platform/db/queryable.js';
import { join, raw, type Sql, sql } from '../../platform/db/sql.js';
import type { Origin } from './origin-repository.js';
import { SURVEY_FIELDS, type Survey } from './survey.js';

/** What newer releases of CVAT know of an account. */
export interface Profile {
  readonly userId: number;
  readonly createdVia: Origin | null;
  /** Null for an account whose address nobody ever had to confirm. */
  readonly isEmailVerified: boolean | null;
  readonly survey: Survey;
}

const LISTS: ReadonlySet<string> = new Set<keyof Survey>(['planned_activities', 'data_types']);

/** @returns an object with the answers of the first row that has one */
function survey(first: Sql, second: Sql): Sql {
  const answers = SURVEY_FIELDS.map((field) => {
    const key = raw(`'${field}'`);
    const said = (row: Sql): Sql =>
      LISTS.has(field)
        ? sql`case when jsonb_typeof(${row} -> ${key}) = 'array' then nullif(${row} -> ${key}, '[]') end`
        : sql`to_jsonb(nullif(${row} ->> ${key}, ''))`;
    return sql`${key}, coalesce(${said(first)}, ${said(second)}, ${raw(LISTS.has(field) ? `'[]'` : `'""'`)}::jsonb)`;
  });
  // Unlike jsonb, it keeps the order.
  return sql`json_build_object(${join(answers, ', ')})`;
}

/** CVAT's own columns come first. */
const ANSWERS = survey(sql`to_jsonb(p)`, sql`to_jsonb(x)`);

/**
 * Reads columns that only the tables of a newer CVAT have: as JSON, a row has those that are there. What a CVAT does not
 * know, our own table does.
 */
export const readProfiles = (db: Queryable, userIds: readonly number[]): Promise<Profile[]> =>
  many<Profile & { readonly [column: string]: unknown }>(
    db,
    sql`
      select u.id as "userId", coalesce(to_jsonb(u) ->> 'created_via', x.created_via) as "createdVia",
        (
          select bool_or(e.verified) from account_emailaddress e
          where e.user_id = u.id and lower(e.email) = lower(u.email)
        ) as "isEmailVerified",
        ${ANSWERS} as survey
      from auth_user u
      left join engine_profile p on p.user_id = u.id
      left join auth_server_profiles x on x.user_id = u.id
      where u.id = any(${userIds}::integer[])`,
    { isRepeated: true },
  );

/**
 * Stores all answers of a person: in the columns of a CVAT that has them, and otherwise in a table of ours. Lock the
 * account first.
 */
export async function storeSurvey(tx: Queryable, userId: number, answers: Survey): Promise<void> {
  const types = await columnTypes(tx);
  if (types.size < SURVEY_FIELDS.length) return storeOurs(tx, userId, answers);
  const changes = SURVEY_FIELDS.map(
    (field) => sql`${raw(field)} = ${columnValue(answers[field], types.get(field) ?? '')}`,
  );
  const stored = await execute(
    tx,
    sql`update engine_profile set ${join(changes, ', ')} where user_id = ${userId}`,
  );
  // Not every account has a profile in CVAT.
  await storeOurs(tx, userId, stored > 0 ? NOTHING_SAID : answers);
}

const NOTHING_SAID: Survey = {
  cvat_usage_reason: '',
  primary_role: '',
  planned_activities: [],
  data_types: [],
  discovery_source: '',
};

async function columnTypes(tx: Queryable): Promise<ReadonlyMap<string, string>> {
  const rows = await many<{ field: string; type: string }>(
    tx,
    sql`
      select column_name as field, data_type as type from information_schema.columns
      where table_schema = current_schema() and table_name = 'engine_profile'
        and column_name = any(${SURVEY_FIELDS}::text[])`,
  );
  return new Map(rows.map(({ field, type }) => [field, type]));
}

/** CVAT may keep a list as an array or as JSON. */
function columnValue(answer: string | readonly string[], type: string): Sql {
  if (typeof answer === 'string') return sql`${answer}`;
  return type === 'ARRAY' ? sql`${answer}::text[]` : sql`${JSON.stringify(answer)}::jsonb`;
}

async function storeOurs(tx: Queryable, userId: number, answers: Survey): Promise<void> {
  const columns = raw(SURVEY_FIELDS.join(', '));
  const values = join(
    SURVEY_FIELDS.map((field) => columnValue(answers[field], 'jsonb')),
    ', ',
  );
  await execute(
    tx,
    sql`
      insert into auth_server_profiles (user_id, ${columns}) values (${userId}, ${values})
      on conflict (user_id) do update set (${columns}) = row(${raw(SURVEY_FIELDS.map((field) => `excluded.${field}`).join(', '))})`,
  );
}
