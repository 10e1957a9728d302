import { execute, type Queryable } from '../../platform/db/queryable.js';
import { raw, sql } from '../../platform/db/sql.js';
import { copyTokens } from '../access-tokens/index.js';
import {
  copyAccounts,
  copyAddresses,
  copyApiTokens,
  copyGroupMembers,
  copyGroups,
  copyProfiles,
  isPlaceholder,
} from '../users/index.js';
import {
  advanceSequence,
  assignIds,
  markImported,
  markPresent,
  NEW_ID,
  noteChange,
  resolveAccounts,
  type StageKind,
  skip,
  skipRepeated,
} from './staging-repository.js';

/** CVAT before 2.22 had a fourth group; its own migration turned the members into users. */
const FORMER_GROUP = 'business';

/** Django's dumps have milliseconds; the database has microseconds. */
const sameMoment = (left: string, right: string) =>
  raw(`date_trunc('milliseconds', ${left}) = date_trunc('milliseconds', ${right})`);

/** All data of accounts except their addresses. Must run first. */
export async function importAccounts(tx: Queryable): Promise<void> {
  await decideAccounts(tx);
  await insertAccounts(tx);
  await importGroups(tx);
  await importTokens(tx);
  await importAccessTokens(tx);
  await importProfiles(tx);
}

/**
 * An account already exists if one has its name, or its id and address, and the same join date. Any other account with
 * its name or address is a stranger, who must not get any of the source's data.
 */
async function decideAccounts(tx: Queryable): Promise<void> {
  await skipRepeated(tx, 'user', ['pk'], 'the source has another account with this id');
  await skipRepeated(tx, 'user', ['username'], 'the source has another account with this name');
  await execute(
    tx,
    sql`
      update import_user s set outcome = 'present', target = u.id
      from auth_user u
      where s.outcome is null and ${sameMoment('u.date_joined', 's.date_joined')}
        and (u.username = s.username or (u.id = s.pk and u.email = s.email and s.email <> ''))`,
  );
  await skip(
    tx,
    'user',
    sql`exists (select from auth_user u where lower(u.username) = lower(s.username))`,
    'another account here has this name',
  );
  await skip(
    tx,
    'user',
    sql`s.email <> '' and exists (
      select from auth_user u
      where lower(u.email) = lower(s.email) and not exists (select from import_user o where o.target = u.id)
    )`,
    'another account here has this e-mail address',
  );
  await assignIds(tx, 'user', 'auth_user');
  await execute(tx, sql`create index on import_user (target)`);
}

async function insertAccounts(tx: Queryable): Promise<void> {
  await copyAccounts(
    tx,
    sql`
      select target as id, password, last_login, is_superuser, username, first_name, last_name, email, is_staff,
        is_active, date_joined
      from import_user where outcome = 'new' order by seq`,
  );
  await advanceSequence(tx, 'auth_user');
  await noteChange(tx, 'user', sql`s.pk <> s.target`, NEW_ID);
  await noteChange(
    tx,
    'user',
    sql`s.hash_problem is not null`,
    sql`format('it has no password until it is reset: %s', s.hash_problem)`,
  );
}

/**
 * Groups only have a meaning through their names. Permissions of groups and of single accounts are Django's, and not
 * used.
 */
async function importGroups(tx: Queryable): Promise<void> {
  await skipRepeated(tx, 'group', ['name'], 'the source has another group with this name');
  await skip(
    tx,
    'group',
    sql`s.name = ${FORMER_GROUP}`,
    'CVAT 2.22 and later have no such group: its members become members of the group user',
  );
  await markPresent(tx, 'group', sql`exists (select from auth_group g where g.name = s.name)`);
  await resolveAccounts(tx, 'user_group');
  await markPresent(tx, 'user_group', sql`s.account is null or s.account_outcome = 'present'`);
  await execute(
    tx,
    sql`
      update import_user_group s set group_name = g.name from import_group g
      where s.group_name is null and g.pk = s.group_id`,
  );
  await skip(tx, 'user_group', sql`s.group_name is null`, 'the source does not name this group');
  await execute(
    tx,
    sql`update import_user_group set group_name = 'user' where group_name = ${FORMER_GROUP} and outcome is null`,
  );
  await copyGroups(
    tx,
    sql`
      select name from import_group where outcome is null
      union
      select group_name from import_user_group where outcome is null`,
  );
  await execute(tx, sql`update import_group set outcome = 'new' where outcome is null`);
  await copyGroupMembers(
    tx,
    sql`select account as user_id, group_name as name from import_user_group where outcome is null`,
  );
}

/**
 * The belongings of an account that already existed stay as they are here: a token that was revoked must not come
 * back.
 */
async function decideBelongings(tx: Queryable, kind: StageKind): Promise<void> {
  await resolveAccounts(tx, kind);
  await skip(tx, kind, sql`s.account is null`, 'its account is not in the source, or is not imported');
  await markPresent(tx, kind, sql`s.account_outcome = 'present'`);
}

/** Addresses of accounts. Must run last: placeholders can only be recognized by their invitations. */
export async function importAddresses(tx: Queryable): Promise<void> {
  await decideBelongings(tx, 'email');
  await skipRepeated(tx, 'email', ['account', 'email'], 'the account has this address twice');
  await skip(
    tx,
    'email',
    sql`not s.verified and exists (
      select from auth_user u where u.id = s.account and lower(u.email) = lower(s.email) and ${isPlaceholder('u')}
    )`,
    'the account was made for an invitation and has confirmed nothing: CVAT 2.42 and later keep no such address',
  );
  const taken = 'another account has confirmed this address';
  await skip(
    tx,
    'email',
    sql`s.verified and exists (select from account_emailaddress e where e.verified and e.email = s.email)`,
    taken,
  );
  await skip(
    tx,
    'email',
    sql`s.verified and exists (
      select from import_email o where o.outcome is null and o.verified and o.email = s.email and o.seq < s.seq
    )`,
    taken,
  );
  await assignIds(tx, 'email', 'account_emailaddress');
  await copyAddresses(
    tx,
    sql`
      select target as id, email, verified, "primary", account as user_id
      from import_email where outcome = 'new' order by seq`,
  );
  await advanceSequence(tx, 'account_emailaddress');
}

async function importTokens(tx: Queryable): Promise<void> {
  await decideBelongings(tx, 'token');
  await skipRepeated(tx, 'token', ['account'], 'the account has another token');
  await skip(
    tx,
    'token',
    sql`exists (select from authtoken_token t where t.key = s.key)
      or exists (select from import_token o where o.outcome is null and o.key = s.key and o.seq < s.seq)`,
    'another account has the same token',
  );
  await copyApiTokens(
    tx,
    sql`select key, created, account as user_id from import_token where outcome is null order by seq`,
  );
  await markImported(tx, 'token');
}

async function importAccessTokens(tx: Queryable): Promise<void> {
  await decideBelongings(tx, 'access_token');
  await skip(
    tx,
    'access_token',
    sql`s.hash_problem is not null`,
    'its hash is of no format that can be checked',
  );
  await skip(
    tx,
    'access_token',
    sql`exists (select from access_tokens_accesstoken t where t.prefix = s.prefix)
      or exists (select from import_access_token o where o.outcome is null and o.prefix = s.prefix and o.seq < s.seq)`,
    'another token has the same prefix',
  );
  await assignIds(tx, 'access_token', 'access_tokens_accesstoken');
  await copyTokens(
    tx,
    sql`
      select target as id, prefix, hashed_key, created, name, revoked, expiry_date, updated_date, last_used_date,
        read_only, account as owner_id
      from import_access_token where outcome = 'new' order by seq`,
  );
  await advanceSequence(tx, 'access_tokens_accesstoken');
  await noteChange(tx, 'access_token', sql`s.pk <> s.target`, NEW_ID);
}

async function importProfiles(tx: Queryable): Promise<void> {
  await decideBelongings(tx, 'profile');
  await skipRepeated(tx, 'profile', ['account'], 'the account has another profile');
  await assignIds(tx, 'profile', 'engine_profile');
  await copyProfiles(
    tx,
    sql`
      select target as id, rating, has_analytics_access, last_activity_date, account as user_id
      from import_profile where outcome = 'new' order by seq`,
  );
  await advanceSequence(tx, 'engine_profile');
}
