import { AndFilter, EqualityFilter, type Filter, PresenceFilter } from 'ldapts';
import type { Connection, DirectoryEntry } from './connection.js';
import type { Deadline } from './deadline.js';
import { foldName } from './names.js';
import type { DirectorySettings } from './settings.js';

/** A person's data in a directory. */
export interface Person {
  readonly dn: string;
  /** Attribute and value that stay the same if the person is renamed: `entryuuid=6f0c...`. */
  readonly identity: string;
  /** Values of the attribute for the user name, in order. */
  readonly usernames: readonly string[];
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  /** Marked as disabled, in one of the ways that common directories use. */
  readonly isDisabled: boolean;
  readonly entry: DirectoryEntry;
}

/** The result of a search for one person. More than one entry counts as nobody, because it is ambiguous. */
export type Found =
  | { readonly kind: 'person'; readonly person: Person }
  | { readonly kind: 'nobody'; readonly reason: string };

type Settings = Pick<DirectorySettings, 'lookup' | 'attributes' | 'groups'>;

/** The reason that reveals nothing about anyone. */
export const NO_ENTRY = 'no entry matches';

const ANY_ENTRY = new PresenceFilter({ attribute: 'objectClass' });
const GUID = 'objectGUID';

/** @throws DirectoryFailure */
export async function findByName(
  connection: Connection,
  settings: Settings,
  name: string,
  deadline: Deadline,
): Promise<Found> {
  const { lookup } = settings;
  const base = lookup.kind === 'search' ? lookup.base : lookup.template.base;
  const filter =
    lookup.kind === 'search'
      ? lookup.filter.forName(name)
      : new EqualityFilter({ attribute: lookup.template.attribute, value: name });
  return findOne(connection, settings, { base, scope: 'sub', filter }, deadline);
}

/** The entry of a person who has just bound with this name. @throws DirectoryFailure if the entry is not visible */
export const readOwnEntry = (
  connection: Connection,
  settings: Settings,
  dn: string,
  deadline: Deadline,
): Promise<Found> => findOne(connection, settings, { base: dn, scope: 'base', filter: ANY_ENTRY }, deadline);

/** The person behind an account: identity and name at the last login. */
export interface Acquaintance {
  readonly identity: string;
  readonly username: string;
}

/** A person who signed in before, if they still could. @throws DirectoryFailure */
export async function findAgain(
  connection: Connection,
  settings: Settings,
  { identity, username }: Acquaintance,
  deadline: Deadline,
): Promise<Found> {
  const { lookup, attributes } = settings;
  // AUTH_LDAP_IDENTITY_ATTRIBUTE has changed since: only the name is left.
  if (!isIdentityOf(attributes.identity, identity))
    return findByName(connection, settings, username, deadline);
  const isHim = identityFilter(attributes.identity, identity);
  const filter =
    lookup.kind === 'search' ? new AndFilter({ filters: [isHim, lookup.filter.forAnybody] }) : isHim;
  const base = lookup.kind === 'search' ? lookup.base : lookup.template.base;
  return findOne(connection, settings, { base, scope: 'sub', filter }, deadline);
}

/** @returns whether the identity comes from this attribute */
export const isIdentityOf = (attribute: string, identity: string): boolean =>
  identity.startsWith(`${attribute.toLowerCase()}=`);

async function findOne(
  connection: Connection,
  settings: Settings,
  where: { readonly base: string; readonly scope: 'base' | 'sub'; readonly filter: Filter },
  deadline: Deadline,
): Promise<Found> {
  const request = { ...where, step: 'search' as const, attributes: wantedAttributes(settings), limit: 2 };
  const [entry, other] = await connection.search(request, deadline);
  if (entry === undefined) return { kind: 'nobody', reason: NO_ENTRY };
  if (other !== undefined) return { kind: 'nobody', reason: 'more than one entry matches' };
  const identity = identityOf(entry, settings.attributes.identity);
  if (identity === undefined) {
    return {
      kind: 'nobody',
      reason: `the entry does not have exactly one ${settings.attributes.identity} (AUTH_LDAP_IDENTITY_ATTRIBUTE)`,
    };
  }
  return { kind: 'person', person: personOf(entry, identity, settings) };
}

/** Operational attributes are only returned if they are named. */
const wantedAttributes = ({ attributes, groups }: Settings): readonly string[] => [
  ...new Set([
    ...Object.values(attributes).filter((name): name is string => name !== null),
    ...(groups.kind === 'entry' ? [groups.attribute] : []),
    ...(groups.kind === 'search' && groups.by === 'posix' ? ['uid', 'gidNumber'] : []),
    'userAccountControl',
    'nsAccountLock',
    'pwdAccountLockedTime',
  ]),
];

function personOf(entry: DirectoryEntry, identity: string, { attributes }: Settings): Person {
  const first = (attribute: string | null): string =>
    attribute === null ? '' : (entry.texts(attribute)[0] ?? '').trim();
  return {
    dn: entry.dn,
    identity,
    usernames: entry.texts(attributes.username).map((name) => name.trim()),
    firstName: first(attributes.firstName),
    lastName: first(attributes.lastName),
    email: first(attributes.email),
    isDisabled: isDisabled(entry),
    entry,
  };
}

/**
 * Active Directory's ACCOUNTDISABLE, 389 Directory Server's lock, and OpenLDAP's value for "until an administrator
 * unlocks it".
 */
function isDisabled(entry: DirectoryEntry): boolean {
  const [control = '0'] = entry.texts('userAccountControl');
  const [lock = 'false'] = entry.texts('nsAccountLock');
  const [lockedTime = ''] = entry.texts('pwdAccountLockedTime');
  return (Number(control) & 2) !== 0 || lock.toLowerCase() === 'true' || lockedTime === '000001010000Z';
}

/** In lower case: names and UUIDs are case-insensitive, and one person must not have two accounts. */
function identityOf(entry: DirectoryEntry, attribute: string): string | undefined {
  const values = attribute === GUID ? entry.bytes(GUID).map(guidText) : entry.texts(attribute).map(foldName);
  const [value = ''] = values;
  return values.length === 1 && value !== '' ? `${attribute.toLowerCase()}=${value}` : undefined;
}

function identityFilter(attribute: string, identity: string): Filter {
  const value = identity.slice(attribute.length + 1);
  return new EqualityFilter({ attribute, value: attribute === GUID ? guidBytes(value) : value });
}

/** [MS-DTYP] 2.3.4.2: the first three groups are little-endian in the bytes. */
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;

function guidText(bytes: Buffer): string {
  if (bytes.length !== GUID_ORDER.length) return '';
  const hex = Buffer.from(GUID_ORDER.map((at) => bytes[at] ?? 0)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function guidBytes(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  return Buffer.from(GUID_ORDER.map((at) => bytes[at] ?? 0));
}
