import { many, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** Number of organizations named in a sentence. */
const EXAMPLES = 5;

interface Finding {
  readonly problem: string;
  readonly count: number;
  readonly examples: readonly string[];
}

/**
 * Looks for rows that violate constraints on new rows: a CVAT database may contain them. They are served unchanged.
 *
 * @returns one sentence per kind of problem
 */
export async function findIntegrityProblems(db: Queryable): Promise<readonly string[]> {
  const findings = await many<Finding>(
    db,
    sql`
      with broken (problem, slug) as (
        select 'an owner who is not an active member in that role', o.slug
        from organizations_organization o
        where o.owner_id is not null and not exists (
          select from organizations_membership m
          where m.organization_id = o.id and m.user_id = o.owner_id and m.role = 'owner' and m.is_active
        )
        union all
        select distinct 'members in the role of the owner who do not own it', o.slug
        from organizations_membership m
        join organizations_organization o on o.id = m.organization_id and o.owner_id is distinct from m.user_id
        where m.role = 'owner'
        union all
        select distinct 'the same person as a member more than once', o.slug
        from organizations_membership m
        join organizations_organization o on o.id = m.organization_id
        where m.user_id is not null
        group by o.slug, m.user_id
        having count(*) > 1
        union all
        select 'invitations without a membership', i.key
        from organizations_invitation i
        where not exists (select from organizations_membership m where m.id = i.membership_id)
      )
      select problem, count(*)::int as count, (array_agg(slug order by slug))[:${EXAMPLES}] as examples
      from broken
      group by problem
      order by problem`,
  );
  return findings.map(describe);
}

/** The keys of invitations are secrets. */
function describe({ problem, count, examples }: Finding): string {
  if (problem.startsWith('invitations')) return `There are ${problem}: ${count}.`;
  const named = examples.join(', ') + (count > examples.length ? ', ...' : '');
  return `${count === 1 ? 'One organization has' : `${count} organizations have`} ${problem}: ${named}.`;
}
