import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';

const find = async (db: Queryable, condition: Sql): Promise<string | undefined> =>
  (
    await one<{ language: string }>(
      db,
      sql`
        select p.language from auth_server_preferences p join auth_user u on u.id = p.user_id
        where ${condition} order by u.id limit 1`,
    )
  )?.language;

/** @returns the language of an account, undefined if none was chosen */
export const findLanguage = (db: Queryable, userId: number): Promise<string | undefined> =>
  find(db, sql`u.id = ${userId}`);

/** @returns the language of the account that receives mail at the address, undefined if none was chosen */
export const findLanguageOfAddress = (db: Queryable, email: string): Promise<string | undefined> =>
  find(db, sql`lower(u.email) = lower(${email})`);

/** @returns whether the account still exists */
export const storeLanguage = async (db: Queryable, userId: number, language: string): Promise<boolean> =>
  (await execute(
    db,
    sql`
      insert into auth_server_preferences (user_id, language)
      select id, ${language} from auth_user where id = ${userId} for key share
      on conflict (user_id) do update set language = excluded.language`,
  )) > 0;
