import { execute, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';
import { copyInvitations } from '../invitations/index.js';
import { copyMemberships } from '../memberships/index.js';
import { copyOrganizations } from '../organizations/index.js';
import {
  advanceSequence,
  assignIds,
  markImported,
  markPresent,
  NEW_ID,
  noteChange,
  resolveAccounts,
  skip,
  skipRepeated,
} from './staging-repository.js';

const NAMES_A_USER = sql`(s.user_id is not null or s.user_name is not null)`;

/** Organizations, their memberships and their invitations. Must run after the accounts. */
export async function importOrganizations(tx: Queryable): Promise<void> {
  await importRecords(tx);
  await importMemberships(tx);
  await importInvitations(tx);
}

async function importRecords(tx: Queryable): Promise<void> {
  await resolveAccounts(tx, 'organization');
  await skipRepeated(tx, 'organization', ['pk'], 'the source has another organization with this id');
  await skipRepeated(tx, 'organization', ['slug'], 'the source has another organization with this slug');
  await execute(
    tx,
    sql`
      update import_organization s set outcome = 'present', target = o.id
      from organizations_organization o
      where s.outcome is null
        and date_trunc('milliseconds', o.created_date) = date_trunc('milliseconds', s.created_date)
        and (o.slug = s.slug or (o.id = s.pk and o.name = s.name))`,
  );
  await skip(
    tx,
    'organization',
    sql`exists (select from organizations_organization o where o.slug = s.slug)`,
    'another organization here has this slug',
  );
  await assignIds(tx, 'organization', 'organizations_organization');
  await copyOrganizations(
    tx,
    sql`
      select target as id, slug, name, description, created_date, updated_date, contact, account as owner_id
      from import_organization where outcome = 'new' order by seq`,
  );
  await advanceSequence(tx, 'organizations_organization');
  await noteChange(tx, 'organization', sql`s.pk <> s.target`, NEW_ID);
  await noteChange(
    tx,
    'organization',
    sql`s.account is null and ${NAMES_A_USER}`,
    sql`'it has no owner: the account is not in the source, or is not imported'`,
  );
}

/** A membership already exists if both its account and its organization existed: it may have ended here since. */
async function importMemberships(tx: Queryable): Promise<void> {
  await resolveAccounts(tx, 'membership');
  await skip(
    tx,
    'membership',
    sql`s.account is null and ${NAMES_A_USER}`,
    'its account is not in the source, or is not imported',
  );
  await execute(
    tx,
    sql`alter table import_membership add organization integer, add organization_outcome text`,
  );
  await execute(
    tx,
    sql`
      update import_membership s set organization = o.target, organization_outcome = o.outcome
      from import_organization o where o.pk = s.organization_id and o.outcome <> 'skipped'`,
  );
  await skip(
    tx,
    'membership',
    sql`s.organization is null`,
    'its organization is not in the source, or is not imported',
  );
  await markPresent(
    tx,
    'membership',
    sql`s.organization_outcome = 'present' and s.account_outcome is distinct from 'new'`,
  );
  await skipRepeated(tx, 'membership', ['account', 'organization'], 'the account is a member already');
  await skipRepeated(tx, 'membership', ['pk'], 'the source has another membership with this id');
  await demoteSecondOwners(tx);
  await assignIds(tx, 'membership', 'organizations_membership');
  // The trigger for the single owner reads a table that was empty when its query was planned.
  await execute(tx, sql`set local enable_seqscan = off`);
  await copyMemberships(
    tx,
    sql`
      select target as id, is_active, joined_date, coalesce(new_role, role) as role, organization as organization_id,
        account as user_id
      from import_membership where outcome = 'new' order by seq`,
  );
  await execute(tx, sql`set local enable_seqscan = on`);
  await advanceSequence(tx, 'organizations_membership');
  await noteChange(tx, 'membership', sql`s.pk <> s.target`, NEW_ID);
  await noteChange(
    tx,
    'membership',
    sql`s.new_role is not null`,
    sql`'the role is worker: only one member can be owner, and CVAT gives no rights of an owner to the others'`,
  );
}

/**
 * CVAT lets a maintainer give the role of the owner; without owning the organization, that role allows no more than a
 * worker's. This server has one owner, so such a member gets the role that matches their rights.
 */
async function demoteSecondOwners(tx: Queryable): Promise<void> {
  await execute(tx, sql`alter table import_membership add new_role text`);
  await execute(
    tx,
    sql`
      with owners as (
        select s.seq, row_number() over (
          partition by s.organization order by (s.account = o.owner_id) desc nulls last, s.seq
        ) as position,
        exists (
          select from organizations_membership m where m.organization_id = s.organization and m.role = 'owner'
        ) as has_owner
        from import_membership s join organizations_organization o on o.id = s.organization
        where s.outcome is null and s.role = 'owner'
      )
      update import_membership s set new_role = 'worker' from owners
      where owners.seq = s.seq and (owners.position > 1 or owners.has_owner)`,
  );
}

async function importInvitations(tx: Queryable): Promise<void> {
  await resolveAccounts(tx, 'invitation');
  await execute(tx, sql`alter table import_invitation add membership integer, add membership_outcome text`);
  await execute(
    tx,
    sql`
      update import_invitation s set membership = m.target, membership_outcome = m.outcome
      from import_membership m where m.pk = s.membership_id and m.outcome <> 'skipped'`,
  );
  await skip(
    tx,
    'invitation',
    sql`s.membership_outcome is null`,
    'its membership is not in the source, or is not imported',
  );
  await markPresent(tx, 'invitation', sql`s.membership_outcome = 'present'`);
  await skipRepeated(tx, 'invitation', ['membership'], 'the membership has another invitation');
  await skip(
    tx,
    'invitation',
    sql`exists (select from organizations_invitation i where i.key = s.key)
      or exists (select from import_invitation o where o.outcome is null and o.key = s.key and o.seq < s.seq)`,
    'another invitation has the same key',
  );
  await copyInvitations(
    tx,
    sql`
      select key, created_date, sent_date, membership as membership_id, account as owner_id from import_invitation
      where outcome is null order by seq`,
  );
  await markImported(tx, 'invitation');
}
