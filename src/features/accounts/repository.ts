import type { TokenUse } from '../../authentication/access-tokens.js';
import type { Candidate, Candidates, PasswordUpgrade } from '../../authentication/credentials.js';
import { execute, many, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

interface CandidateRow extends Candidate {
  readonly kind: 'exact' | 'email' | 'ignoring-case';
}

/**
 * Everybody whom a login name may mean. Of the users with an address, only verified owners count when there is one
 * (allauth `filter_users_by_email`).
 *
 * @param username name to look for, or null when only the address counts
 */
export async function findCandidates(
  db: Queryable,
  username: string | null,
  email: string,
): Promise<Candidates> {
  const rows = await many<CandidateRow>(
    db,
    sql`
      with wanted (username, email) as (select ${username}::text, ${email}::text),
      addresses as (
        select e.user_id, e.email, e.verified
        from account_emailaddress e join wanted on lower(e.email) = lower(wanted.email)
      ),
      owners as (
        select a.user_id, a.email from addresses a where a.verified
        union
        select a.user_id, a.email from addresses a where not exists (select 1 from addresses v where v.verified)
        union
        select u.id, u.email from auth_user u join wanted on lower(u.email) = lower(wanted.email)
        where not exists (select 1 from addresses v where v.verified)
      ),
      matches as (
        select 1 as rank, 'exact' as kind, u.id, null::text as email
        from auth_user u join wanted on u.username = wanted.username
        union all
        select 2, 'email', o.user_id, o.email from owners o
        union all
        select 3, 'ignoring-case', u.id, null
        from auth_user u join wanted on lower(u.username) = lower(wanted.username)
      )
      select m.kind, u.id as "userId", u.username, m.email as "matchedEmail", u.password, u.is_active as "isActive"
      from matches m join auth_user u on u.id = m.id
      order by m.rank, u.id
      limit 30`,
    { name: 'login_candidates' },
  );
  const of = (kind: CandidateRow['kind']): readonly Candidate[] => rows.filter((row) => row.kind === kind);
  return { exact: of('exact'), byEmail: of('email'), ignoringCase: of('ignoring-case') };
}

/**
 * Replaces a password hash by a better one of the same password, unless it changed meanwhile, and keeps what sessions
 * are bound to: the root of the lineage stays as long as upgrades follow one another.
 */
export const upgradePassword = (
  db: Queryable,
  userId: number,
  { from, to, fromBinding, toBinding }: PasswordUpgrade,
) =>
  execute(
    db,
    sql`
      with upgraded as (
        update auth_user set password = ${to} where id = ${userId} and password = ${from} returning id
      )
      insert into auth_server_password_lineage as l (user_id, current_binding, root_binding)
      select id, ${toBinding}, ${fromBinding} from upgraded
      on conflict (user_id) do update set
        root_binding = case when l.current_binding = ${fromBinding} then l.root_binding else excluded.root_binding end,
        current_binding = excluded.current_binding`,
  );

/**
 * Notes the use of an access token, unless somebody else did since (CVAT's compare-and-set update) or is at it: a row
 * that is locked is left to the next use, so that no connection waits for it.
 */
export const recordAccessTokenUse = (db: Queryable, { tokenId, previous, now, address }: TokenUse) =>
  execute(
    db,
    sql`
      with free as (
        select id from access_tokens_accesstoken
        where id = ${tokenId} and last_used_date is not distinct from ${previous}::timestamptz
        for no key update skip locked
      ),
      used as (
        update access_tokens_accesstoken a set last_used_date = ${now} from free where a.id = free.id returning a.id
      )
      insert into auth_server_access_tokens (token_id, last_used_ip) select id, ${address} from used
      on conflict (token_id) do update set last_used_ip = excluded.last_used_ip`,
  );

export const upgradeAccessTokenHash = (db: Queryable, id: number, from: string, to: string) =>
  execute(
    db,
    sql`update access_tokens_accesstoken set hashed_key = ${to} where id = ${id} and hashed_key = ${from}`,
  );
