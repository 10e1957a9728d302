import {
  INVITATION_KEY,
  IVANA,
  membershipIdOf,
  OLIVIA,
  ORGANIZATION_IDS,
  PABLO,
  type Person,
  type Role,
  type Slug,
  TESSA,
  TOKEN_ID,
  type Visitor,
} from './people.js';

/**
 * What CVAT 2.62 answers (its `iam` and `organizations` views and permissions), with the deviations 4 and 5: this knows
 * neither the rules nor the tables in `rules/matrix`.
 */

/** What a request names as its organization; '' is the personal workspace, null says nothing of it. */
export type Named = Slug | '' | null;
export const CONTEXTS: readonly Named[] = [null, '', 'acme', 'globex'];

export interface Asked {
  readonly method: string;
  readonly named: Named;
}

const GROUPS = [null, 'worker', 'user', 'admin'] as const;
export const isAdmin = ({ person }: Visitor): boolean => person.group === 'admin';
export const isAtLeast = ({ person }: Visitor, group: 'worker' | 'user'): boolean =>
  GROUPS.indexOf(person.group) >= GROUPS.indexOf(group);
export const slugOf = (named: Named): Slug | null => (named === '' ? null : named);

export const roleIn = ({ person }: Visitor, slug: Slug | null): Role | null => {
  const membership = slug && person[slug];
  return membership?.isActive ? membership.role : null;
};
const isOwner = ({ person }: Visitor): boolean => person === OLIVIA;
const isStaff = (visitor: Visitor): boolean =>
  ['owner', 'maintainer'].includes(roleIn(visitor, 'acme') ?? '');
const manages = (visitor: Visitor): boolean => isStaff(visitor) && isAtLeast(visitor, 'user');

/** A token that is bound to an organization is good for an active member's requests that name it, and for no other. */
export const isElsewhere = (visitor: Visitor, { named }: Asked): boolean => {
  const { boundTo } = visitor.token ?? {};
  return boundTo !== undefined && (boundTo !== slugOf(named) || roleIn(visitor, boundTo) === null);
};

/** What a personal access token takes away. `inside`: the organization that what is asked for belongs to. */
export function tokenRefuses(
  visitor: Visitor,
  asked: Asked,
  {
    plugin,
    scope,
    inside,
  }: { readonly plugin: boolean; readonly scope: string; readonly inside: Slug | null },
): boolean {
  const { token } = visitor;
  if (token === undefined) return false;
  if (isElsewhere(visitor, asked)) return true;
  if (token.boundTo !== undefined && token.boundTo !== inside) return true;
  if (plugin) return !['list', 'view'].includes(scope);
  return token.isReadOnly && !['GET', 'HEAD'].includes(asked.method);
}

/** An object and its operations: for each the status that a visitor gets. */
export interface Thing {
  readonly path: (idOf: (person: Person) => number) => string;
  /** The same path to something that is not there. */
  readonly missing: string;
  readonly body?: unknown;
  readonly operations: Readonly<Record<string, (visitor: Visitor, asked: Asked) => number>>;
}

/** `success` where all conditions hold; otherwise what the refusal is. */
const when = (isAllowed: boolean, success: number): number => (isAllowed ? success : 403);

const account = (target: Person): Thing => {
  const answer = (scope: string, success: number) => (visitor: Visitor, asked: Asked) => {
    const named = slugOf(asked.named);
    const inside = named !== null && target[named] !== null ? named : null;
    const isColleague = inside !== null && roleIn(visitor, inside) !== null;
    const isSelf = visitor.person === target;
    const may = isAdmin(visitor) || isSelf || (scope === 'view' && isColleague);
    return when(may && !tokenRefuses(visitor, asked, { plugin: true, scope, inside }), success);
  };
  return {
    path: (idOf) => `/api/users/${idOf(target)}`,
    missing: '/api/users/2000000000',
    body: { first_name: 'First' },
    operations: {
      GET: answer('view', 200),
      PATCH: answer('update:personal_data', 200),
      DELETE: answer('delete', 204),
    },
  };
};

const NO_SESSION = `sessions/${'0'.repeat(32)}`;
const NO_LINK = 'linked_accounts/2000000000';
/** Each is one of a collection, of which the tests have none. */
const MEMBERS: readonly string[] = [NO_SESSION, NO_LINK];

/** Not in CVAT: nobody but the owner and administrators, with a personal access token for reading only. */
const credentials = (
  target: Person,
  name: 'api_token' | 'sessions' | 'linked_accounts' | typeof NO_SESSION | typeof NO_LINK,
): Thing => {
  const isMember = MEMBERS.includes(name);
  const answer = (scope: string, success: number) => (visitor: Visitor, asked: Asked) => {
    const named = slugOf(asked.named);
    const inside = named !== null && target[named] !== null ? named : null;
    const may = isAdmin(visitor) || visitor.person === target;
    return when(may && !tokenRefuses(visitor, asked, { plugin: true, scope, inside }), success);
  };
  return {
    path: (idOf) => `/api/users/${idOf(target)}/${name}`,
    missing: `/api/users/2000000000/${name}`,
    operations: {
      ...(isMember ? {} : { GET: answer('view', 200) }),
      ...(name === 'api_token' ? { POST: answer('update', 201) } : {}),
      ...(name === 'linked_accounts' ? {} : { DELETE: answer('update', isMember ? 404 : 204) }),
    },
  };
};

/** Not in CVAT: administrators alone may remove them without a code. */
const factorsOf = (target: Person): Thing => {
  const answer =
    (may: (visitor: Visitor) => boolean, scope: string, success: number) =>
    (visitor: Visitor, asked: Asked) => {
      const named = slugOf(asked.named);
      const inside = named !== null && target[named] !== null ? named : null;
      const refused = tokenRefuses(visitor, asked, { plugin: true, scope, inside });
      return when(may(visitor) && !refused, success);
    };
  const mayView = (visitor: Visitor): boolean => isAdmin(visitor) || visitor.person === target;
  return {
    path: (idOf) => `/api/users/${idOf(target)}/factors`,
    missing: '/api/users/2000000000/factors',
    operations: { GET: answer(mayView, 'view', 200), DELETE: answer(isAdmin, 'delete', 204) },
  };
};

/** Not in CVAT: administrators alone, and with no personal access token. */
const resetLinkOf = (target: Person): Thing => ({
  path: (idOf) => `/api/users/${idOf(target)}/password_reset_link`,
  missing: '/api/users/2000000000/password_reset_link',
  operations: {
    POST: (visitor, asked) => {
      const named = slugOf(asked.named);
      const inside = named !== null && target[named] !== null ? named : null;
      return when(
        isAdmin(visitor) && !tokenRefuses(visitor, asked, { plugin: true, scope: 'create', inside }),
        201,
      );
    },
  },
});

const ORGANIZATION = `/api/organizations/${ORGANIZATION_IDS.acme}`;

/** A foreign organization is not found: it is looked for in the visitor's list. */
const organization =
  (may: (visitor: Visitor) => boolean, success: number) =>
  (visitor: Visitor, asked: Asked): number => {
    if (isElsewhere(visitor, asked)) return 403;
    if (!isAdmin(visitor) && !isOwner(visitor) && roleIn(visitor, 'acme') === null) return 404;
    if ((visitor.token?.boundTo ?? 'acme') !== 'acme') return 404;
    const refused = tokenRefuses(visitor, asked, { plugin: false, scope: '', inside: 'acme' });
    return when((isAdmin(visitor) || may(visitor)) && !refused, success);
  };
const anybody = (): boolean => true;
const owns = (visitor: Visitor): boolean => isOwner(visitor) && isAtLeast(visitor, 'worker');
const maintains = (visitor: Visitor): boolean => isStaff(visitor) && isAtLeast(visitor, 'worker');

const membership = (target: Person): Thing => {
  const role = target.acme?.role ?? 'worker';
  const isOutranked = (visitor: Visitor): boolean =>
    manages(visitor) &&
    visitor.person !== target &&
    (roleIn(visitor, 'acme') === 'owner' ? role !== 'owner' : ['supervisor', 'worker'].includes(role));
  const answer =
    (may: (visitor: Visitor) => boolean, success: (visitor: Visitor) => number) =>
    (visitor: Visitor, asked: Asked): number => {
      const refused = tokenRefuses(visitor, asked, { plugin: false, scope: '', inside: 'acme' });
      return when((isAdmin(visitor) || may(visitor)) && !refused, success(visitor));
    };
  const mayView = (visitor: Visitor): boolean =>
    isStaff(visitor) || (roleIn(visitor, 'acme') !== null && target.acme?.isActive === true);
  return {
    path: () => `/api/memberships/${membershipIdOf(target)}`,
    missing: '/api/memberships/2000000000',
    body: { role },
    operations: {
      GET: answer(mayView, () => 200),
      PATCH: answer(isOutranked, () => 200),
      // No organization is left without its owner, not even by an administrator.
      DELETE: answer(isOutranked, () => (target === OLIVIA ? 400 : 204)),
    },
  };
};

/** Hidden where the filter of lists leaves it out in the named context, even of who has no list there; then decided in acme. */
const invitation =
  (may: (visitor: Visitor) => boolean, success: number) =>
  (visitor: Visitor, asked: Asked): number => {
    if (isElsewhere(visitor, asked)) return 403;
    const isParty = isOwner(visitor) || visitor.person === IVANA;
    const slug = slugOf(asked.named);
    const isShown =
      slug === null
        ? isAdmin(visitor) || isParty
        : slug === 'acme' && (isAdmin(visitor) || manages(visitor) || isParty);
    if (!isShown) return 404;
    const refused = tokenRefuses(visitor, asked, { plugin: false, scope: '', inside: 'acme' });
    return when((isAdmin(visitor) || may(visitor)) && !refused, success);
  };
const isInvitee = ({ person }: Visitor): boolean => person === IVANA;
const handles = (visitor: Visitor): boolean =>
  manages(visitor) || (isOwner(visitor) && isAtLeast(visitor, 'worker'));

const INVITATION = `/api/invitations/${INVITATION_KEY}`;
const NO_INVITATION = `/api/invitations/${'m'.repeat(64)}`;
const step = (name: string, answer: ReturnType<typeof invitation>): Thing => ({
  path: () => `${INVITATION}/${name}`,
  missing: `${NO_INVITATION}/${name}`,
  operations: { POST: answer },
});

const accessToken = (): Thing => {
  const answer = (scope: string, success: number) => (visitor: Visitor, asked: Asked) => {
    const refused = tokenRefuses(visitor, asked, { plugin: true, scope, inside: null });
    return when((isAdmin(visitor) || visitor.person === TESSA) && !refused, success);
  };
  return {
    path: () => `/api/auth/access_tokens/${TOKEN_ID}`,
    missing: '/api/auth/access_tokens/2000000000',
    body: { name: 'secret-name' },
    operations: { GET: answer('view', 200), PATCH: answer('update', 200), DELETE: answer('delete', 204) },
  };
};

export const THINGS: Readonly<Record<string, Thing>> = {
  'an account of the organization': account(TESSA),
  'an account of another organization': account(PABLO),
  'the API token of somebody of the organization': credentials(TESSA, 'api_token'),
  'a reset link for somebody of the organization': resetLinkOf(TESSA),
  'the sessions of somebody of the organization': credentials(TESSA, 'sessions'),
  // To its owner and to administrators there is no such session.
  'a session of somebody of the organization': credentials(TESSA, NO_SESSION),
  'the identities of somebody of the organization': credentials(TESSA, 'linked_accounts'),
  'an identity of somebody of the organization': credentials(TESSA, NO_LINK),
  'the second factors of somebody of the organization': factorsOf(TESSA),
  'the organization': {
    path: () => ORGANIZATION,
    missing: '/api/organizations/2000000000',
    body: { description: '' },
    operations: {
      GET: organization(anybody, 200),
      PATCH: organization(maintains, 200),
      DELETE: organization(owns, 204),
    },
  },
  'its transfer': {
    path: () => `${ORGANIZATION}/transfer`,
    missing: '/api/organizations/2000000000/transfer',
    body: { user: 0 },
    operations: {
      GET: organization(anybody, 200),
      // Nobody has the id 0.
      POST: organization(owns, 400),
      DELETE: organization(owns, 204),
    },
  },
  'its requirement of second factors': {
    path: () => `${ORGANIZATION}/factor_requirement`,
    missing: '/api/organizations/2000000000/factor_requirement',
    body: {},
    operations: { GET: organization(anybody, 200), PATCH: organization(owns, 200) },
  },
  // To everybody but the successor there is nothing to confirm.
  'the confirmation of its transfer': {
    path: () => `${ORGANIZATION}/transfer/confirm`,
    missing: '/api/organizations/2000000000/transfer/confirm',
    operations: { POST: organization(anybody, 404) },
  },
  'declining its transfer': {
    path: () => `${ORGANIZATION}/transfer/decline`,
    missing: '/api/organizations/2000000000/transfer/decline',
    operations: { POST: organization(anybody, 404) },
  },
  'the membership of a worker': membership(TESSA),
  'the membership of somebody who is invited': membership(IVANA),
  'the membership of the owner': membership(OLIVIA),
  'the invitation': {
    path: () => INVITATION,
    missing: NO_INVITATION,
    body: {},
    operations: {
      GET: invitation((visitor) => handles(visitor) || isInvitee(visitor), 200),
      // Without ?accepted it counts as sending again, and there is nothing to change.
      PATCH: invitation(handles, 400),
      DELETE: invitation(handles, 204),
    },
  },
  'accepting the invitation': step('accept', invitation(isInvitee, 200)),
  'declining the invitation': step('decline', invitation(isInvitee, 204)),
  'sending the invitation again': step('resend', invitation(handles, 204)),
  'a personal access token': accessToken(),
};
