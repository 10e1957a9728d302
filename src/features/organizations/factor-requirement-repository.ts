import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** @returns since when an organization asks its members for a second factor; null if it does not */
export const findFactorRequirement = async (
  db: Queryable,
  organizationId: number,
): Promise<Timestamp | null> => {
  const row = await one<{ since: Timestamp }>(
    db,
    sql`select created_at as since from auth_server_factor_requirements where organization_id = ${organizationId}`,
  );
  return row?.since ?? null;
};

/** @returns false if it was required before */
export const requireFactors = async (tx: Queryable, organizationId: number, now: Date): Promise<boolean> =>
  (await execute(
    tx,
    sql`
      insert into auth_server_factor_requirements (organization_id, created_at) values (${organizationId}, ${now})
      on conflict (organization_id) do nothing`,
  )) > 0;

/** @returns false if it was not required */
export const endFactorRequirement = async (tx: Queryable, organizationId: number): Promise<boolean> =>
  (await execute(
    tx,
    sql`delete from auth_server_factor_requirements where organization_id = ${organizationId}`,
  )) > 0;
