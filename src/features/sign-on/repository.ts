import type { OrganizationRole, Role } from '../../kernel/account.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { execute, many, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { releaseReferences } from '../users/index.js';

/** Who people are at their providers: rows of django-allauth, provider and subject. */

/** An account that belongs to a person at a provider. */
export interface LinkedAccount {
  readonly linkId: number;
  readonly userId: number;
  readonly isActive: boolean;
}

/** Locks the link until the end of the transaction, so that sign-ins of one person run one after the other. */
export const findLinked = (
  tx: Queryable,
  provider: string,
  subject: string,
): Promise<LinkedAccount | undefined> =>
  one<LinkedAccount>(
    tx,
    sql`
      select s.id as "linkId", u.id as "userId", u.is_active as "isActive"
      from socialaccount_socialaccount s join auth_user u on u.id = s.user_id
      where s.provider = ${provider} and s.uid = ${subject}
      for update of s`,
  );

/** An identity of an account, as people see it. */
export interface Link {
  readonly id: number;
  /** As the database calls it. */
  readonly provider: string;
  /** What the provider calls the person: an address or a name, as allauth's or our row has it. */
  readonly name: string | null;
  readonly createdAt: Timestamp;
  readonly lastLogin: Timestamp;
}

/** @returns the identities of an account, the oldest first */
export const listLinks = (db: Queryable, userId: number): Promise<Link[]> =>
  many<Link>(
    db,
    sql`
      select id, provider, date_joined as "createdAt", last_login as "lastLogin",
        coalesce(
          extra_data ->> 'email', extra_data -> 'userinfo' ->> 'email', extra_data ->> 'preferred_username',
          extra_data -> 'userinfo' ->> 'preferred_username', extra_data ->> 'login', extra_data ->> 'name'
        ) as name
      from socialaccount_socialaccount
      where user_id = ${userId}
      order by id`,
  );

/** Deletes a link with the tokens of the provider that a CVAT stored beside it. */
export async function deleteLink(tx: Queryable, id: number): Promise<void> {
  await releaseReferences(tx, 'socialaccount_socialaccount', sql`${id}`);
  await execute(tx, sql`delete from socialaccount_socialaccount where id = ${id}`);
}

export interface NewLink {
  readonly provider: string;
  readonly subject: string;
  readonly userId: number;
  /** JSON, as allauth stores what the provider said. */
  readonly data: string;
}

export const insertLink = (tx: Queryable, link: NewLink, now: Date) =>
  execute(
    tx,
    sql`
      insert into socialaccount_socialaccount (provider, uid, last_login, date_joined, extra_data, user_id)
      values (${link.provider}, ${link.subject}, ${now}, ${now}, ${link.data}, ${link.userId})`,
  );

export const noteSignOn = (tx: Queryable, linkId: number, data: string, now: Date) =>
  execute(
    tx,
    sql`update socialaccount_socialaccount set last_login = ${now}, extra_data = ${data} where id = ${linkId}`,
  );

/** @returns the roles that the provider gave to an account */
export async function listGivenRoles(
  tx: Queryable,
  userId: number,
  provider: string,
): Promise<readonly Role[]> {
  const row = await one<{ roles: Role[] }>(
    tx,
    sql`select roles from auth_server_sign_on_roles where user_id = ${userId} and provider = ${provider}`,
  );
  return row?.roles ?? [];
}

export const storeGivenRoles = (tx: Queryable, userId: number, provider: string, roles: readonly Role[]) =>
  execute(
    tx,
    sql`
      insert into auth_server_sign_on_roles (user_id, provider, roles) values (${userId}, ${provider}, ${roles}::text[])
      on conflict (user_id, provider) do update set roles = excluded.roles`,
  );

/** A membership that the provider gave. */
export interface GivenMembership {
  readonly membershipId: number;
  readonly slug: string;
  readonly role: OrganizationRole;
}

export const listGivenMemberships = (
  tx: Queryable,
  userId: number,
  provider: string,
): Promise<GivenMembership[]> =>
  many<GivenMembership>(
    tx,
    sql`
      select m.id as "membershipId", o.slug, m.role
      from auth_server_sign_on_memberships g
      join organizations_membership m on m.id = g.membership_id
      join organizations_organization o on o.id = m.organization_id
      where m.user_id = ${userId} and g.provider = ${provider}
      order by m.id`,
  );

export const noteGivenMembership = (tx: Queryable, membershipId: number, provider: string) =>
  execute(
    tx,
    sql`
      insert into auth_server_sign_on_memberships (membership_id, provider) values (${membershipId}, ${provider})
      on conflict (membership_id) do nothing`,
  );

/** @returns the ids of organizations by their slugs; those that do not exist are missing */
export async function findOrganizations(
  tx: Queryable,
  slugs: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await many<{ slug: string; id: number }>(
    tx,
    sql`select slug, id from organizations_organization where slug = any(${slugs}::text[])`,
  );
  return new Map(rows.map(({ slug, id }) => [slug, id]));
}
