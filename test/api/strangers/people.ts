import { execute } from '../../../src/platform/db/queryable.js';
import { raw, sql } from '../../../src/platform/db/sql.js';
import type { TestApp } from '../../support/app.js';
import { insertAccessToken, setActive, setGroups } from '../../support/rows.js';
import { type Client, clientOf } from '../../support/world.js';

/**
 * Two organizations, acme with everything in it and globex with its people, and everybody who may knock. Ids are fixed, so
 * that what somebody was allowed to change can be put back.
 */

export type Slug = 'acme' | 'globex';
export type Role = 'owner' | 'maintainer' | 'supervisor' | 'worker';
export type Group = 'admin' | 'user' | 'worker' | null;

export interface Membership {
  readonly role: Role;
  readonly isActive: boolean;
}

export interface Person {
  readonly name: string;
  readonly group: Group;
  readonly acme: Membership | null;
  readonly globex: Membership | null;
}

const as = (role: Role, isActive = true): Membership => ({ role, isActive });
const person = (
  name: string,
  group: Group,
  acme: Membership | null = null,
  globex: Membership | null = null,
): Person => ({ name, group, acme, globex });

/** Owns acme, invited ivana, and works for globex. */
export const OLIVIA = person('olivia', 'user', as('owner'), as('worker'));
export const IVANA = person('ivana', 'user', as('worker', false));
/** The member, the account and the owner of the token that others try to reach. */
export const TESSA = person('tessa', 'user', as('worker'));
/** To him olivia has offered acme. */
const SAM = person('samson', 'user', as('supervisor'));
/** Was invited to globex by its owner, and accepted. */
export const OTTILIE = person('ottilie', 'user', null, as('worker'));
/** The account that they try to reach in globex. */
export const PABLO = person('pablo', 'user', null, as('worker'));

export const OSCAR = person('oscar', 'user', null, as('owner'));

const GUSTAV = person('gustav', 'admin');

/** A way in: a person and what he carries. */
export interface Visitor {
  readonly person: Person;
  /** Nobody is known behind it: 401. */
  readonly isUnknown?: true;
  readonly token?: { readonly isReadOnly: boolean; readonly boundTo?: Slug };
}

export const VISITORS = {
  anonymous: { person: person('nobody', null), isUnknown: true },
  'of a deactivated account': { person: person('dorian', 'user', as('maintainer')), isUnknown: true },
  'a user of no organization': { person: person('stefan', 'user') },
  'a worker of no organization': { person: person('werner', 'worker') },
  'in no group': { person: person('norbert', null) },
  'a superuser in no group': { person: person('susan', null) },
  'in the group admin': { person: GUSTAV },
  'the owner of another organization': { person: OSCAR },
  'a maintainer of another organization': { person: person('monika', 'user', null, as('maintainer')) },
  'a supervisor of another organization': { person: person('otmar', 'user', null, as('supervisor')) },
  'a worker of another organization': { person: OTTILIE },
  'an inactive member': { person: person('ivonne', 'user', as('maintainer', false)) },
  'invited and has not accepted': { person: IVANA },
  'a worker there': { person: person('wanda', 'user', as('worker')) },
  'a worker there, in the group worker': { person: person('walter', 'worker', as('worker')) },
  'a worker there, in no group': { person: person('norma', null, as('worker')) },
  'a supervisor there': { person: person('simon', 'user', as('supervisor')) },
  'a maintainer there': { person: person('maria', 'user', as('maintainer')) },
  'a maintainer there, in the group worker': { person: person('milosz', 'worker', as('maintainer')) },
  'its owner': { person: OLIVIA },
  'its owner with an access token': { person: OLIVIA, token: { isReadOnly: false } },
  'its owner with a read-only token': { person: OLIVIA, token: { isReadOnly: true } },
  'its owner with a token bound to it': { person: OLIVIA, token: { isReadOnly: false, boundTo: 'acme' } },
  'its owner with a token bound to another': {
    person: OLIVIA,
    token: { isReadOnly: false, boundTo: 'globex' },
  },
  'an administrator with an access token': { person: GUSTAV, token: { isReadOnly: false } },
  'an administrator with a token bound to it': {
    person: GUSTAV,
    token: { isReadOnly: false, boundTo: 'acme' },
  },
  'an administrator who works there, with a token bound to it': {
    person: person('gisela', 'admin', as('worker'), as('worker')),
    token: { isReadOnly: false, boundTo: 'acme' },
  },
  'an inactive member with a token bound to it': {
    person: person('moritz', 'user', as('maintainer', false), as('maintainer')),
    token: { isReadOnly: false, boundTo: 'acme' },
  },
} as const satisfies Readonly<Record<string, Visitor>>;

export type VisitorName = keyof typeof VISITORS;
export const NAMES = Object.keys(VISITORS) as VisitorName[];

export const PEOPLE: readonly Person[] = [
  ...new Set([...Object.values<Visitor>(VISITORS).map((visitor) => visitor.person), TESSA, SAM, PABLO]),
].filter(({ name }) => name !== 'nobody');

export const ORGANIZATION_IDS: Readonly<Record<Slug, number>> = { acme: 100_001, globex: 100_002 };
export const INVITATION_KEY = 'k'.repeat(64);
export const TOKEN_ID = 100_001;

/** The id of a person's membership in acme; in globex it is 100 more. */
export const membershipIdOf = ({ name }: Person): number =>
  200_000 + PEOPLE.findIndex((each) => each.name === name);

export interface Gate {
  readonly clients: ReadonlyMap<VisitorName, Client>;
  readonly idOf: (person: Person) => number;
  /** Puts everything back as it was that somebody may change or remove. */
  readonly restore: () => Promise<void>;
}

export async function openGate(app: TestApp): Promise<Gate> {
  const ids = new Map<string, number>();
  const byName = new Map<string, Client>();
  for (const { name, group } of PEOPLE) {
    const account = await app.register(name, { first_name: 'First', last_name: 'Last' });
    ids.set(name, account.id);
    byName.set(name, clientOf(app, account));
    await setGroups(app.db, account.id, group === null ? [] : [group]);
  }
  const idOf = ({ name }: Person): number => ids.get(name) ?? 0;
  await setActive(app.db, ids.get('dorian') ?? 0, false);
  await execute(app.db, sql`update auth_user set is_superuser = true where username = 'susan'`);
  const restore = () => restoreRows(app, idOf);
  await restore();
  const clients = new Map<VisitorName, Client>();
  for (const name of NAMES)
    clients.set(name, await clientFor(app, { visitor: VISITORS[name], idOf, byName, name }));
  await restore();
  return { clients, idOf, restore };
}

interface Wanted {
  readonly name: VisitorName;
  readonly visitor: Visitor;
  readonly idOf: Gate['idOf'];
  readonly byName: ReadonlyMap<string, Client>;
}

async function clientFor(app: TestApp, { name, visitor, idOf, byName }: Wanted): Promise<Client> {
  const known = byName.get(visitor.person.name);
  const nobody = { id: 0, username: '', email: '', authorization: {} as { Authorization: string } };
  if (known === undefined) return clientOf(app, nobody);
  if (visitor.token === undefined) return known;
  const { isReadOnly, boundTo } = visitor.token;
  const key = `Gate${String(NAMES.indexOf(name)).padStart(4, '0')}.${'g'.repeat(32)}`;
  const ownerId = idOf(visitor.person);
  const tokenId = await insertAccessToken(app.db, { ownerId, key, readOnly: isReadOnly });
  if (boundTo !== undefined) {
    await execute(
      app.db,
      sql`
        insert into auth_server_access_tokens (token_id, organization_id, is_bound)
        values (${tokenId}, ${ORGANIZATION_IDS[boundTo]}, true)`,
    );
  }
  return clientOf(app, { ...known, authorization: { Authorization: `Bearer ${key}` } });
}

async function restoreRows(app: TestApp, idOf: Gate['idOf']): Promise<void> {
  const now = new Date(app.clock.now());
  const ids = Object.values(ORGANIZATION_IDS);
  const run = (statement: ReturnType<typeof sql>) => execute(app.db, statement);
  for (const target of [TESSA, PABLO]) {
    await run(sql`
      insert into auth_user
        (id, password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)
      values (${idOf(target)}, '!', false, ${target.name}, 'First', 'Last', ${`${target.name}@example.org`}, false, true, ${now})
      on conflict (id) do update set first_name = 'First'`);
    await setGroups(app.db, idOf(target), ['user']);
  }
  await run(sql`
    insert into access_tokens_accesstoken
      (id, prefix, hashed_key, created, name, revoked, updated_date, read_only, owner_id)
    values (${TOKEN_ID}, 'TessaTok', 'sha512$$00', ${now}, 'secret-name', false, ${now}, true, ${idOf(TESSA)})
    on conflict (id) do update set revoked = false, name = 'secret-name'`);
  await run(sql`delete from organizations_invitation`);
  await run(sql`delete from auth_server_organization_transfers`);
  for (const [slug, owner] of [
    ['acme', OLIVIA],
    ['globex', OSCAR],
  ] as const) {
    await run(sql`
      insert into organizations_organization (id, slug, name, description, created_date, updated_date, contact, owner_id)
      values (${ORGANIZATION_IDS[slug]}, ${slug}, ${`Sesame ${slug}`}, '', ${now}, ${now}, '{}', ${idOf(owner)})
      on conflict (id) do update set owner_id = excluded.owner_id, name = excluded.name`);
  }
  const members = PEOPLE.flatMap((each) => [
    { ...each.acme, who: each, organization: ids[0], id: membershipIdOf(each) },
    { ...each.globex, who: each, organization: ids[1], id: membershipIdOf(each) + 100 },
  ]).filter(({ role }) => role !== undefined);
  const rows = members.map(
    ({ id, isActive, role, organization, who }) =>
      `(${id}, ${isActive}, now(), '${role}', ${organization}, ${idOf(who)})`,
  );
  await run(sql`
    insert into organizations_membership (id, is_active, joined_date, role, organization_id, user_id)
    values ${raw(rows.join(', '))}
    on conflict (id) do update set is_active = excluded.is_active, role = excluded.role`);
  await run(sql`
    insert into organizations_invitation (key, created_date, sent_date, membership_id, owner_id)
    values (${INVITATION_KEY}, ${now}, ${now}, ${membershipIdOf(IVANA)}, ${idOf(OLIVIA)}),
      (${'j'.repeat(64)}, ${now}, null, ${membershipIdOf(OTTILIE) + 100}, ${idOf(OSCAR)})`);
  await run(sql`
    update auth_server_access_tokens set organization_id = ${ORGANIZATION_IDS.acme} where is_bound and organization_id is null`);
  await run(sql`
    insert into auth_server_organization_transfers (organization_id, owner_id, successor_id, created_at)
    values (${ids[0]}, ${idOf(OLIVIA)}, ${idOf(SAM)}, ${now})`);
}
