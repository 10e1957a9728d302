import type { Filter } from 'ldapts';
import { StartError } from '../../kernel/start-error.js';
import { parseFilter } from './filter.js';
import { requireDn, wrongValue } from './setting-values.js';
import type { DirectoryConfig } from './settings.js';

/** How a person's groups are found. */
export type GroupLookup =
  | { readonly kind: 'none' }
  /** The directory lists them in the person's entry. */
  | { readonly kind: 'entry'; readonly attribute: string }
  | {
      readonly kind: 'search';
      readonly base: string;
      readonly filter: Filter;
      readonly by: 'member' | 'uniqueMember' | 'posix' | 'chain';
      /** Whether nested groups are resolved from here. */
      readonly nested: boolean;
    };

export type GroupSearch = Extract<GroupLookup, { kind: 'search' }>;

type SearchedGroups = Exclude<DirectoryConfig['AUTH_LDAP_GROUP_TYPE'], 'memberOf'>;

const GROUP_TYPES: Readonly<
  Record<SearchedGroups, Pick<GroupSearch, 'by' | 'nested'> & { readonly filter: string }>
> = {
  groupOfNames: { filter: '(objectClass=groupOfNames)', by: 'member', nested: false },
  nestedGroupOfNames: { filter: '(objectClass=groupOfNames)', by: 'member', nested: true },
  groupOfUniqueNames: { filter: '(objectClass=groupOfUniqueNames)', by: 'uniqueMember', nested: false },
  nestedGroupOfUniqueNames: { filter: '(objectClass=groupOfUniqueNames)', by: 'uniqueMember', nested: true },
  posixGroup: { filter: '(objectClass=posixGroup)', by: 'posix', nested: false },
  activeDirectory: { filter: '(objectClass=group)', by: 'member', nested: false },
  activeDirectoryNested: { filter: '(objectClass=group)', by: 'chain', nested: false },
};

/** @throws StartError */
export function readGroups(config: DirectoryConfig): GroupLookup {
  const {
    AUTH_LDAP_GROUP_TYPE: type,
    AUTH_LDAP_GROUP_SEARCH_BASE: base,
    AUTH_LDAP_GROUP_SEARCH_FILTER: text,
  } = config;
  if (type === 'memberOf') return { kind: 'entry', attribute: 'memberOf' };
  if (base === undefined) {
    throw new StartError(
      `AUTH_LDAP_GROUP_SEARCH_BASE is not set: groups of the type ${type} are searched for below it, such as ou=groups,dc=example,dc=org.`,
    );
  }
  requireDn('AUTH_LDAP_GROUP_SEARCH_BASE', base);
  const known = GROUP_TYPES[type];
  const filter = parseFilter(text ?? known.filter);
  if (filter === undefined) {
    throw wrongValue(
      'AUTH_LDAP_GROUP_SEARCH_FILTER',
      text ?? '',
      'it must be a filter such as (objectClass=groupOfNames)',
    );
  }
  return { kind: 'search', base, filter, by: known.by, nested: known.nested };
}
