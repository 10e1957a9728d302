import type { PolicyAuth, PolicyPackage } from '../../src/authorization/engines/engine.js';

/** Numbers that no two things share, so that a rule cannot be right by accident. */
export const ME = 7;
const ANOTHER = 8;
export const ORGANIZATION = 30;
const FOREIGN = 31;
const OBJECT = 500;

/** A point of the space: the value of each of its columns. */
export type Point = Readonly<Record<string, string>>;

/** All that may be asked of a package: the scopes, and for each the columns that make a difference. */
export interface Space {
  readonly package: PolicyPackage;
  /** Columns of the object for each scope; none where there is no object. */
  readonly scopes: Readonly<Record<string, readonly string[]>>;
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** A column of every scope whose object belongs to `ORGANIZATION`, or is it. */
  readonly belongs?: string;
  readonly resource: (point: Point) => unknown;
}

const ROLES = ['owner', 'maintainer', 'supervisor', 'worker'];
const UNKNOWN_ROLES = ['unknown role', 'not a text', 'null'];

/** Names for several values, by column. */
export const GROUPS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  Membership: {
    member: ['owner', 'owner by role', 'maintainer', 'supervisor', 'worker'],
    staff: ['owner', 'maintainer'],
    'other members': ['owner by role', 'supervisor', 'worker'],
    'no member': ['owner by record', 'none'],
  },
  'Role in it': { member: ROLES },
  'Their role': { member: ROLES },
  Role: { 'no role': UNKNOWN_ROLES },
  'New role': { 'no role': UNKNOWN_ROLES },
};

/** Columns of who asks and where: part of every space. */
export const ASKING: Readonly<Record<string, readonly string[]>> = {
  Privilege: ['admin', 'user', 'worker', 'none'],
  Context: ['sandbox', 'organization', 'foreign'],
  Membership: ['owner', 'owner by role', 'owner by record', 'maintainer', 'supervisor', 'worker', 'none'],
};

const privilegeOf = (value: string | undefined) =>
  value === 'admin' || value === 'user' || value === 'worker' ? value : null;

/** `auth` at a point. An owner is one by record and by role; each half alone is a case of its own. */
export function authOf(point: Point): PolicyAuth {
  const membership = point['Membership'];
  const role = roleOf(membership === 'owner by role' ? 'owner' : membership);
  const ownsIt = membership === 'owner' || membership === 'owner by record';
  const token = point['Access token'];
  return {
    user: { id: ME, privilege: privilegeOf(point['Privilege']) },
    organization:
      point['Context'] === 'sandbox'
        ? null
        : {
            id: point['Context'] === 'foreign' ? FOREIGN : ORGANIZATION,
            owner: { id: ownsIt ? ME : ANOTHER },
            user: { role },
          },
    ...(token === undefined ? {} : { token: { id: OBJECT, read_only: token === 'read-only' } }),
  };
}

const roleOf = (value: string | undefined) =>
  value === 'owner' || value === 'maintainer' || value === 'supervisor' || value === 'worker' ? value : null;

/** What a client may write into a body where a role belongs. */
const writtenRole = (value: string | undefined): unknown =>
  ({ 'unknown role': 'nobody', 'not a text': ['owner'], null: null })[value ?? ''] ?? roleOf(value);

const userId = (value: string | undefined, self: string) => (value === self ? ME : ANOTHER);

const ORGANIZATIONS: Space = {
  package: 'organizations',
  scopes: {
    list: [],
    create: [],
    view: ['Owner', 'Role in it'],
    update: ['Owner', 'Role in it'],
    delete: ['Owner', 'Role in it'],
    transfer: ['Owner', 'Role in it'],
    'update:factor_requirement': ['Owner', 'Role in it'],
    unheard: [],
  },
  columns: { Owner: ['self', 'another', 'nobody'], 'Role in it': [...ROLES, 'none'] },
  belongs: 'Owner',
  resource: (point) => {
    if (point['Scope'] === 'create') return { id: null, owner: { id: ME }, user: { role: 'owner' } };
    if (point['Owner'] === undefined) return null;
    const owner = point['Owner'] === 'nobody' ? null : userId(point['Owner'], 'self');
    return { id: ORGANIZATION, owner: { id: owner }, user: { role: roleOf(point['Role in it']) } };
  },
};

const MEMBERSHIPS: Space = {
  package: 'memberships',
  scopes: {
    list: [],
    view: ['Member', 'State', 'Role'],
    'change:role': ['Member', 'State', 'Role', 'New role'],
    delete: ['Member', 'State', 'Role'],
    unheard: [],
  },
  columns: {
    Member: ['self', 'another'],
    State: ['active', 'invited'],
    Role: ROLES,
    'New role': [...ROLES, ...UNKNOWN_ROLES, 'not said'],
  },
  belongs: 'Member',
  resource: ({ Member, State, Role, 'New role': newRole }) =>
    Member === undefined
      ? null
      : {
          role: Role,
          is_active: State === 'active',
          user: { id: userId(Member, 'self') },
          organization: { id: ORGANIZATION },
          ...(newRole === undefined || newRole === 'not said' ? {} : { new_role: writtenRole(newRole) }),
        },
};

const INVITATIONS: Space = {
  package: 'invitations',
  scopes: {
    list: [],
    create: ['Role'],
    view: ['Invitation', 'Role'],
    resend: ['Invitation', 'Role'],
    delete: ['Invitation', 'Role'],
    accept: ['Invitation', 'Role'],
    decline: ['Invitation', 'Role'],
    unheard: [],
  },
  columns: { Invitation: ['sent', 'received', "another's", 'of nobody'], Role: [...ROLES, ...UNKNOWN_ROLES] },
  belongs: 'Role',
  resource: (point) => {
    if (point['Scope'] === 'create') {
      return {
        owner: { id: ME },
        invitee: { id: null },
        role: writtenRole(point['Role']),
        organization: point['Context'] === 'sandbox' ? null : { id: ORGANIZATION },
      };
    }
    if (point['Invitation'] === undefined) return null;
    return {
      owner: { id: point['Invitation'] === 'of nobody' ? null : userId(point['Invitation'], 'sent') },
      invitee: { id: userId(point['Invitation'], 'received') },
      role: writtenRole(point['Role']),
      organization: { id: ORGANIZATION },
    };
  },
};

const USERS: Space = {
  package: 'users',
  scopes: {
    list: [],
    create: [],
    view: ['Account', 'Their role'],
    'update:personal_data': ['Account', 'Their role'],
    'update:email': ['Account', 'Their role'],
    'view:api_token': ['Account', 'Their role'],
    'update:api_token': ['Account', 'Their role'],
    'view:sessions': ['Account', 'Their role'],
    'delete:sessions': ['Account', 'Their role'],
    'view:linked_accounts': ['Account', 'Their role'],
    'create:linked_accounts': ['Account', 'Their role'],
    'delete:linked_accounts': ['Account', 'Their role'],
    'view:factors': ['Account', 'Their role'],
    'update:factors': ['Account', 'Their role'],
    'delete:factors': ['Account', 'Their role'],
    'create:password_reset_link': ['Account', 'Their role'],
    'update:permissions': ['Account', 'Their role'],
    update: ['Account', 'Their role'],
    delete: ['Account', 'Their role'],
    unheard: [],
  },
  columns: { Account: ['self', 'another'], 'Their role': [...ROLES, 'none'] },
  resource: ({ Account, 'Their role': role }) =>
    Account === undefined ? null : { id: userId(Account, 'self'), membership: { role: roleOf(role) } },
};

const SERVER: Space = {
  package: 'server',
  scopes: { view: [], 'view:status': [], 'list:content': [], unheard: [] },
  columns: {},
  resource: () => null,
};

const ACCESS_TOKENS: Space = {
  package: 'access_tokens',
  scopes: { list: [], create: [], view: ['Token'], update: ['Token'], delete: ['Token'], unheard: [] },
  columns: { Token: ['own', "another's"] },
  resource: ({ Token }) => (Token === undefined ? null : { id: OBJECT, owner: { id: userId(Token, 'own') } }),
};

const GROWTH: Space = {
  package: 'growth',
  scopes: { list: [], view: ['Data'], update: ['Data'], unheard: [] },
  columns: { Data: ['own', "another's"] },
  resource: ({ Data }) => (Data === undefined ? null : { id: OBJECT, user: { id: userId(Data, 'own') } }),
};

export const SPACES: readonly Space[] = [
  ORGANIZATIONS,
  MEMBERSHIPS,
  INVITATIONS,
  USERS,
  SERVER,
  ACCESS_TOKENS,
  GROWTH,
];
