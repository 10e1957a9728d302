import { AndFilter, EqualityFilter, ExtensibleFilter, type Filter, OrFilter } from 'ldapts';
import type { Connection, DirectoryEntry } from './connection.js';
import type { Deadline } from './deadline.js';
import { DirectoryFailure } from './failure.js';
import type { GroupLookup, GroupSearch } from './group-settings.js';
import { normalizeDn } from './names.js';
import type { Person } from './person.js';

/** Active Directory resolves nested groups itself: `LDAP_MATCHING_RULE_IN_CHAIN` ([MS-ADTS] 3.1.1.3.4.4.3). */
const IN_CHAIN = '1.2.840.113556.1.4.1941';
/** Number of members in one search. */
const BATCH = 50;
/** A walk ends at this number, whatever the directory answers. */
const MAXIMUM_GROUPS = 5000;

/**
 * @returns the distinguished names of a person's groups, in normal form
 * @throws DirectoryFailure
 */
export async function readGroups(
  connection: Connection,
  groups: GroupLookup,
  person: Person,
  deadline: Deadline,
): Promise<ReadonlySet<string>> {
  if (groups.kind === 'none') return new Set();
  if (groups.kind === 'entry') return normalized(person.entry.texts(groups.attribute));
  if (groups.nested) return walk(connection, groups, person.dn, deadline);
  const filter = membershipFilter(groups, person);
  return filter === undefined ? new Set() : normalized(await search(connection, groups, filter, deadline));
}

function membershipFilter({ by }: GroupSearch, person: Person): Filter | undefined {
  if (by === 'posix') return posixFilter(person.entry);
  if (by === 'chain') return new ExtensibleFilter({ matchType: 'member', rule: IN_CHAIN, value: person.dn });
  return new EqualityFilter({ attribute: by, value: person.dn });
}

/** A POSIX group names its members by `uid`; the group of `gidNumber` need not list them. */
function posixFilter(entry: DirectoryEntry): Filter | undefined {
  const is = (attribute: string) => (value: string) => new EqualityFilter({ attribute, value });
  const filters = [
    ...entry.texts('uid').map(is('memberUid')),
    ...entry.texts('gidNumber').slice(0, 1).map(is('gidNumber')),
  ];
  return filters.length === 0 ? undefined : new OrFilter({ filters });
}

/** Groups of groups, level by level; a group that contains itself is visited once. */
async function walk(
  connection: Connection,
  groups: GroupSearch,
  start: string,
  deadline: Deadline,
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  let members: readonly string[] = [start];
  while (members.length > 0) {
    const found: string[] = [];
    for (let at = 0; at < members.length; at += BATCH) {
      const batch = members
        .slice(at, at + BATCH)
        .map((value) => new EqualityFilter({ attribute: groups.by, value }));
      found.push(...(await search(connection, groups, new OrFilter({ filters: batch }), deadline)));
    }
    members = found.filter((dn) => {
      const name = normalizeDn(dn);
      return name !== undefined && !seen.has(name) && seen.add(name);
    });
    if (seen.size > MAXIMUM_GROUPS) {
      throw new DirectoryFailure(
        'groups',
        'answer',
        `${start} is in more than ${MAXIMUM_GROUPS} groups: narrow AUTH_LDAP_GROUP_SEARCH_FILTER.`,
      );
    }
  }
  return seen;
}

async function search(
  connection: Connection,
  { base, filter }: GroupSearch,
  membership: Filter,
  deadline: Deadline,
): Promise<readonly string[]> {
  const both = new AndFilter({ filters: [filter, membership] });
  // RFC 4511, 4.5.1.8: "1.1" asks for no attribute at all.
  const request = { step: 'groups', base, scope: 'sub', filter: both, attributes: ['1.1'] } as const;
  return (await connection.search(request, deadline)).map(({ dn }) => dn);
}

const normalized = (dns: readonly string[]): ReadonlySet<string> =>
  new Set(dns.map(normalizeDn).filter((dn) => dn !== undefined));
