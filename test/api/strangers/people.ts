import type { TestApp } from '../../support/app.js';
import { putBack } from '../../support/gate-rows.js';
import { bindAccessToken, changeUser, insertAccessToken, setActive, setGroups } from '../../support/rows.js';
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
/** Olivia has offered acme to this person. */
const SAM = person('samson', 'user', as('supervisor'));
/** Was invited to globex by its owner, and accepted. */
export const OTTILIE = person('ottilie', 'user', null, as('worker'));
/** The account that they try to reach in globex. */
export const PABLO = person('pablo', 'user', null, as('worker'));

export const OSCAR = person('oscar', 'user', null, as('owner'));

const GUSTAV = person('gustav', 'admin');

/** A way in: a person and what they carry. */
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
  await changeUser(app.db, ids.get('susan') ?? 0, { isSuperuser: true });
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
  if (boundTo !== undefined) await bindAccessToken(app.db, tokenId, ORGANIZATION_IDS[boundTo]);
  return clientOf(app, { ...known, authorization: { Authorization: `Bearer ${key}` } });
}

async function restoreRows(app: TestApp, idOf: Gate['idOf']): Promise<void> {
  const { acme, globex } = ORGANIZATION_IDS;
  const [olivia, oscar] = [idOf(OLIVIA), idOf(OSCAR)];
  await putBack(app.db, {
    now: new Date(app.clock.now()),
    users: [TESSA, PABLO].map((each) => ({ id: idOf(each), name: each.name })),
    token: { id: TOKEN_ID, ownerId: idOf(TESSA) },
    organizations: [
      { id: acme, slug: 'acme', ownerId: olivia },
      { id: globex, slug: 'globex', ownerId: oscar },
    ],
    memberships: PEOPLE.flatMap((each) => {
      const userId = idOf(each);
      const id = membershipIdOf(each);
      return [
        ...(each.acme === null ? [] : [{ ...each.acme, id, userId, organizationId: acme }]),
        ...(each.globex === null ? [] : [{ ...each.globex, id: id + 100, userId, organizationId: globex }]),
      ];
    }),
    invitations: [
      { key: INVITATION_KEY, membershipId: membershipIdOf(IVANA), ownerId: olivia, isSent: true },
      { key: 'j'.repeat(64), membershipId: membershipIdOf(OTTILIE) + 100, ownerId: oscar, isSent: false },
    ],
    boundTo: acme,
    transfer: { organizationId: acme, ownerId: olivia, successorId: idOf(SAM) },
  });
}
