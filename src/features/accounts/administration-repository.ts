import type { Timestamp } from '../../kernel/timestamp.js';
import { many, one, type Queryable } from '../../platform/db/queryable.js';
import { type Sql, sql } from '../../platform/db/sql.js';

/** An account as shown to operators. */
export interface AccountSummary {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly groups: readonly string[];
  readonly isActive: boolean;
  readonly isSuperuser: boolean;
  readonly lastLogin: Timestamp | null;
  readonly dateJoined: Timestamp;
}

const select = (condition: Sql): Sql => sql`
  select u.id, u.username, u.email, u.is_active as "isActive", u.is_superuser as "isSuperuser",
    u.last_login as "lastLogin", u.date_joined as "dateJoined",
    array(
      select g.name from auth_user_groups ug join auth_group g on g.id = ug.group_id
      where ug.user_id = u.id order by g.id
    ) as groups
  from auth_user u
  where ${condition}
  order by u.id`;

export const listAccounts = (db: Queryable): Promise<AccountSummary[]> =>
  many<AccountSummary>(db, select(sql`true`));

export const findAccount = (db: Queryable, username: string): Promise<AccountSummary | undefined> =>
  one<AccountSummary>(db, select(sql`u.username = ${username}`));
