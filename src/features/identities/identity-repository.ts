import type { LacksFactor } from '../../authentication/factor-requirement.js';
import type { AccessTokenIdentity, Identity, IdentityStore } from '../../authentication/identity.js';
import type { Account, OrganizationRole, OrganizationSelector } from '../../kernel/account.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import { one, type Queryable } from '../../platform/db/queryable.js';
import { join, raw, type Sql, sql } from '../../platform/db/sql.js';
import { usable } from '../access-tokens/index.js';
import { ACCOUNT_COLUMNS, accountOf } from '../users/index.js';

/** One row: the account, the organization the request asks for, and the data for checking credentials. */
interface IdentityRow extends Omit<Account, 'groups'> {
  readonly groups: string[];
  readonly password: string;
  readonly lineageCurrent: string | null;
  readonly lineageRoot: string | null;
  readonly keptSession: string | null;
  readonly hasVerifiedEmail: boolean;
  readonly mustProveEmail: boolean;
  readonly hasFactor: boolean;
  readonly isAskedForFactor: boolean;
  readonly organizationId: number | null;
  readonly organizationSlug: string | null;
  readonly organizationOwnerId: number | null;
  readonly organizationRole: OrganizationRole | null;
}

interface TokenRow extends IdentityRow {
  readonly key: string;
}

interface AccessTokenRow extends IdentityRow {
  readonly tokenId: number;
  readonly hashedKey: string;
  readonly readOnly: boolean;
  readonly lastUsedAt: Timestamp | null;
  readonly isBound: boolean;
  readonly boundOrganizationId: number | null;
}

/** Whether the account `u` has a second factor. Not `exists`, as below. */
export const HAS_FACTOR = sql`
  ((select 1 from auth_server_factors_totp f where f.user_id = u.id and f.confirmed_at is not null) is not null
    or (select 1 from auth_server_factors_webauthn w where w.user_id = u.id limit 1) is not null)`;

/** Not `exists`: PostgreSQL may then read a whole table once, to answer from a hash of it. */
const CREDENTIAL_COLUMNS = sql`
  u.password, l.current_binding as "lineageCurrent", l.root_binding as "lineageRoot",
  l.kept_session as "keptSession",
  (select 1 from account_emailaddress e where e.user_id = u.id and e.verified limit 1) is not null as "hasVerifiedEmail",
  (select 1 from auth_server_address_proofs p where p.user_id = u.id) is not null as "mustProveEmail",
  ${HAS_FACTOR} as "hasFactor",
  -- Few organizations ask for one: mostly, the first part is false, and the memberships are not read.
  (select 1 from auth_server_factor_requirements limit 1) is not null and (
    select 1 from auth_server_factor_requirements r
    join organizations_membership asked on asked.organization_id = r.organization_id
    where asked.user_id = u.id and asked.is_active limit 1
  ) is not null as "isAskedForFactor"`;

/**
 * `limit 1` tells PostgreSQL that there is one row at most: of a table without statistics it expects hundreds, even by
 * the primary key, and then prepares for them.
 */
const LINEAGE = sql`
  left join lateral (select * from auth_server_password_lineage where user_id = u.id limit 1) l on true`;

interface OrganizationParts {
  /** Distinguishes prepared statements. */
  readonly name: string;
  readonly columns: Sql;
  readonly tables: Sql;
}

/** Without an organization, the statement does not touch its tables at all. */
function organizationParts(selector: OrganizationSelector): OrganizationParts {
  if (selector.kind === 'absent' || selector.kind === 'sandbox') {
    const columns = sql`null::integer as "organizationId", null::text as "organizationSlug",
      null::integer as "organizationOwnerId", null::text as "organizationRole"`;
    return { name: 'plain', columns, tables: raw('') };
  }
  const columns = sql`o.id as "organizationId", o.slug as "organizationSlug", o.owner_id as "organizationOwnerId",
    m.role as "organizationRole"`;
  const condition = selector.kind === 'slug' ? sql`o.slug = ${selector.slug}` : sql`o.id = ${selector.id}`;
  const tables = sql`
    left join organizations_organization o on ${condition}
    left join organizations_membership m on m.organization_id = o.id and m.user_id = u.id and m.is_active`;
  return { name: selector.kind, columns, tables };
}

const columnsOf = (organization: OrganizationParts, more: readonly Sql[]): Sql =>
  join([ACCOUNT_COLUMNS, CREDENTIAL_COLUMNS, organization.columns, ...more], ', ');

/** Looks up callers: every function runs one statement, prepared once per connection. */
export const createIdentityStore = (db: Queryable, lacksFactor: LacksFactor): IdentityStore => {
  const read = readerOf(lacksFactor);
  return {
    byId: async (id, selector) => {
      const organization = organizationParts(selector);
      const row = await one<IdentityRow>(
        db,
        sql`select ${columnsOf(organization, [])} from auth_user u ${LINEAGE} ${organization.tables} where u.id = ${id}`,
        { name: `identity_by_id_${organization.name}` },
      );
      return row && read(row);
    },

    byToken: async (key, selector) => {
      const organization = organizationParts(selector);
      const row = await one<TokenRow>(
        db,
        sql`
          select ${columnsOf(organization, [sql`t.key`])}
          from authtoken_token t
          join auth_user u on u.id = t.user_id
          ${LINEAGE} ${organization.tables}
          where t.key = ${key}`,
        { name: `identity_by_token_${organization.name}` },
      );
      return row && { ...read(row), key: row.key };
    },

    byAccessTokenPrefix: async (prefix, selector, { now, notUsedSince }) => {
      const organization = organizationParts(selector);
      const token = sql`a.id as "tokenId", a.hashed_key as "hashedKey", a.read_only as "readOnly", a.last_used_date as "lastUsedAt",
        coalesce(x.is_bound, false) as "isBound", x.organization_id as "boundOrganizationId"`;
      const row = await one<AccessTokenRow>(
        db,
        sql`
          select ${columnsOf(organization, [token])}
          from access_tokens_accesstoken a
          join auth_user u on u.id = a.owner_id
          left join lateral (select * from auth_server_access_tokens where token_id = a.id limit 1) x on true
          ${LINEAGE} ${organization.tables}
          where a.prefix = ${prefix} and ${usable({ now, notUsedSince })}`,
        { name: `identity_by_access_token_${organization.name}` },
      );
      return row && { ...read(row), token: tokenOf(row) };
    },
  };
};

const tokenOf = (row: AccessTokenRow): AccessTokenIdentity['token'] => ({
  id: row.tokenId,
  hashedKey: row.hashedKey,
  readOnly: row.readOnly,
  lastUsedAt: row.lastUsedAt,
  boundTo: row.isBound ? { organizationId: row.boundOrganizationId } : null,
});

const readerOf =
  (lacksFactor: LacksFactor) =>
  (row: IdentityRow): Identity => {
    const account = accountOf(row);
    const { password, lineageCurrent: current, lineageRoot: root, hasVerifiedEmail, mustProveEmail } = row;
    const { organizationId, organizationSlug, organizationOwnerId, organizationRole } = row;
    return {
      account,
      password,
      lineage: current === null || root === null ? null : { current, root, kept: row.keptSession },
      hasVerifiedEmail,
      hasFactor: row.hasFactor,
      lacksFactor: lacksFactor(account, { hasFactor: row.hasFactor, isAsked: row.isAskedForFactor }),
      awaitsProof: mustProveEmail && !hasVerifiedEmail,
      organization:
        organizationId === null || organizationSlug === null
          ? null
          : {
              id: organizationId,
              slug: organizationSlug,
              ownerId: organizationOwnerId,
              role: organizationRole,
            },
    };
  };
