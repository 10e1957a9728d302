import type { Candidate, Candidates } from '../../authentication/credentials.js';
import { many, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { HAS_FACTOR } from './identity-repository.js';

interface CandidateRow extends Candidate {
  readonly kind: 'exact' | 'email' | 'ignoring-case';
}

/**
 * All users that a login name may refer to. If any of the users with an address has verified it, only those count
 * (allauth `filter_users_by_email`).
 *
 * @param username name to look up, or null if only the address counts
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
      select m.kind, u.id as "userId", u.username, m.email as "matchedEmail", u.password, u.is_active as "isActive",
        ${HAS_FACTOR} as "hasFactor"
      from matches m join auth_user u on u.id = m.id
      order by m.rank, u.id
      limit 30`,
    { name: 'login_candidates' },
  );
  const of = (kind: CandidateRow['kind']): readonly Candidate[] => rows.filter((row) => row.kind === kind);
  return { exact: of('exact'), byEmail: of('email'), ignoringCase: of('ignoring-case') };
}
