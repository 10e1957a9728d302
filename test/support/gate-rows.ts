import pg from 'pg';
import type { Queryable } from '../../src/platform/db/queryable.js';

/** What test/api/strangers lets people change and remove, and puts back. */
export interface GateRows {
  readonly now: Date;
  /** In the group user. */
  readonly users: readonly { readonly id: number; readonly name: string }[];
  readonly token: { readonly id: number; readonly ownerId: number };
  readonly organizations: readonly { readonly id: number; readonly slug: string; readonly ownerId: number }[];
  readonly memberships: readonly {
    readonly id: number;
    readonly isActive: boolean;
    readonly role: string;
    readonly organizationId: number;
    readonly userId: number;
  }[];
  /** All that there are. */
  readonly invitations: readonly {
    readonly key: string;
    readonly membershipId: number;
    readonly ownerId: number;
    readonly isSent: boolean;
  }[];
  /** Tokens whose organization was removed are bound to this one again. */
  readonly boundTo: number;
  /** The only one that there is. */
  readonly transfer: {
    readonly organizationId: number;
    readonly ownerId: number;
    readonly successorId: number;
  };
}

const text = pg.escapeLiteral;
const list = (rows: readonly string[]): string => rows.join(', ');

/** One text of many statements, without parameters: this runs after each of thousands of requests. */
export async function putBack(db: Queryable, rows: GateRows): Promise<void> {
  const { users, token, organizations, memberships, invitations, boundTo, transfer } = rows;
  const now = `${text(rows.now.toISOString())}::timestamptz`;
  const ids = list(users.map(({ id }) => String(id)));
  const statements = [
    `insert into auth_user
       (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
     values ${list(
       users.map(
         ({ id, name }) =>
           `(${id}, '!', false, ${text(name)}, 'First', 'Last', ${text(`${name}@example.org`)}, false, true, ${now})`,
       ),
     )}
     on conflict (id) do update set first_name = 'First'`,
    `delete from auth_user_groups where user_id in (${ids})`,
    `insert into auth_user_groups (user_id, group_id)
     select u.id, g.id from auth_user u, auth_group g where u.id in (${ids}) and g.name = 'user'`,
    `insert into access_tokens_accesstoken
       (id, prefix, hashed_key, created, name, revoked, updated_date, read_only, owner_id)
     values (${token.id}, 'TessaTok', 'sha512$$00', ${now}, 'secret-name', false, ${now}, true, ${token.ownerId})
     on conflict (id) do update set revoked = false, name = 'secret-name'`,
    'delete from organizations_invitation',
    'delete from auth_server_organization_transfers',
    `insert into organizations_organization (id, slug, name, description, created_date, updated_date, contact, owner_id)
     values ${list(
       organizations.map(
         ({ id, slug, ownerId }) =>
           `(${id}, ${text(slug)}, ${text(`Sesame ${slug}`)}, '', ${now}, ${now}, '{}', ${ownerId})`,
       ),
     )}
     on conflict (id) do update set owner_id = excluded.owner_id, name = excluded.name`,
    `insert into organizations_membership (id, is_active, joined_date, role, organization_id, user_id)
     values ${list(
       memberships.map(
         ({ id, isActive, role, organizationId, userId }) =>
           `(${id}, ${isActive}, now(), ${text(role)}, ${organizationId}, ${userId})`,
       ),
     )}
     on conflict (id) do update set is_active = excluded.is_active, role = excluded.role`,
    `insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
     values ${list(
       invitations.map(
         ({ key, membershipId, ownerId, isSent }) =>
           `(${text(key)}, ${now}, ${isSent ? now : 'null'}, ${membershipId}, ${ownerId})`,
       ),
     )}`,
    `update auth_server_access_tokens set organization_id = ${boundTo} where is_bound and organization_id is null`,
    `insert into auth_server_organization_transfers (organization_id, owner_id, successor_id, created_at)
     values (${transfer.organizationId}, ${transfer.ownerId}, ${transfer.successorId}, ${now})`,
  ];
  await db.query({ text: statements.join(';\n') });
}
