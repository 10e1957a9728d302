import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { type Person, type PersonColumns, personColumns, personOf } from '../users/index.js';

/** An organization offered to one of its members. */
export interface Transfer {
  readonly organizationId: number;
  /** The short name of the organization. */
  readonly slug: string;
  readonly successor: Person;
  /** The address of the successor; empty if there is none. */
  readonly email: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
}

type Row = Omit<Transfer, 'successor'> & PersonColumns<'successor'>;

/**
 * Records the member whom the owner offers the organization to, replacing any earlier offer.
 *
 * @returns false if that is not another active member
 */
export async function offerOrganization(
  tx: Queryable,
  organizationId: number,
  successorId: number,
  now: Date,
): Promise<boolean> {
  const offered = await execute(
    tx,
    sql`
      insert into auth_server_organization_transfers as t (organization_id, owner_id, successor_id, created_at)
      select o.id, o.owner_id, m.user_id, ${now}::timestamptz
      from organizations_organization o
      join organizations_membership m on m.organization_id = o.id and m.user_id = ${successorId}::bigint and m.is_active
      where o.id = ${organizationId} and o.owner_id is distinct from m.user_id
      on conflict (organization_id) do update set
        owner_id = excluded.owner_id, successor_id = excluded.successor_id, created_at = excluded.created_at`,
  );
  return offered > 0;
}

export interface TransferTerms {
  readonly organizationId: number;
  /** Number of days an offer is valid. */
  readonly days: number;
  readonly now: Date;
}

/** @returns the offer, if it is valid: its author is still the owner, and the successor still an active member */
export async function findTransfer(
  db: Queryable,
  { organizationId, days, now }: TransferTerms,
): Promise<Transfer | undefined> {
  const expiry = sql`t.created_at + make_interval(days => ${days})`;
  const row = await one<Row>(
    db,
    sql`
      select t.organization_id as "organizationId", o.slug, s.email, t.created_at as "createdAt", ${expiry} as "expiresAt",
        ${personColumns('s', 'successor')}
      from auth_server_organization_transfers t
      join organizations_organization o on o.id = t.organization_id and o.owner_id is not distinct from t.owner_id
      join organizations_membership m
        on m.organization_id = t.organization_id and m.user_id = t.successor_id and m.is_active
      join auth_user s on s.id = t.successor_id
      where t.organization_id = ${organizationId} and ${expiry} > ${now}`,
  );
  const successor = row ? personOf(row, 'successor') : null;
  if (row === undefined || successor === null) return undefined;
  const { slug, email, createdAt, expiresAt } = row;
  return { organizationId: row.organizationId, slug, successor, email, createdAt, expiresAt };
}

/** @param successorId ends the offer only if it is to them. @returns whether there was an offer */
export async function withdrawOffer(
  tx: Queryable,
  organizationId: number,
  successorId?: number,
): Promise<boolean> {
  const removed = await execute(
    tx,
    sql`
      delete from auth_server_organization_transfers
      where organization_id = ${organizationId} and successor_id = coalesce(${successorId}::bigint, successor_id)`,
  );
  return removed > 0;
}
