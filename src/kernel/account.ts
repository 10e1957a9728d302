import type { Timestamp } from './timestamp.js';

/** The vocabulary for callers, shared by authentication, authorization and the features. */

/** The largest value of CVAT's integer keys (PostgreSQL's `integer`). */
export const MAXIMUM_ID = 2_147_483_647;

/** @returns whether a row can have this id; any other number would make a statement fail and must not reach one */
export const isId = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= MAXIMUM_ID;

/** CVAT's roles (`IAM_ROLES`), highest first: a user's privilege is the first role among their groups. */
export const ROLES = ['admin', 'user', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** A group from before CVAT 2.22 that made its members users. Databases of that age still have it. */
const FORMER_USERS = 'business';

/** @returns the highest role among the group names, or null (CVAT's `privilege`) */
export const privilegeOf = (groups: readonly string[]): Role | null =>
  ROLES.find((role) => groups.includes(role) || (role === 'user' && groups.includes(FORMER_USERS))) ?? null;

/** In the order of CVAT's schema. */
export const ORGANIZATION_ROLES = ['worker', 'supervisor', 'maintainer', 'owner'] as const;
export type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];

/** A row of `auth_user` with the data that CVAT keeps beside it. Never holds the password column. */
export interface Account {
  readonly id: number;
  readonly username: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly groups: readonly string[];
  readonly isStaff: boolean;
  readonly isSuperuser: boolean;
  readonly isActive: boolean;
  readonly lastLogin: Timestamp | null;
  readonly dateJoined: Timestamp;
  readonly hasAnalyticsAccess: boolean;
}

/** How the caller authenticated. */
export type Credential =
  | { readonly kind: 'token' }
  | {
      readonly kind: 'access-token';
      readonly id: number;
      readonly readOnly: boolean;
      /** The only organization the token is valid for; null for a token that is valid everywhere. */
      readonly boundTo: { readonly organizationId: number | null } | null;
      /** The last use is recorded in parallel with the request; code that shows tokens waits for it. Never rejects. */
      readonly useNoted: Promise<void>;
    }
  | {
      readonly kind: 'session';
      /** When a second factor was last proved in it, in milliseconds since the epoch; null for never. */
      readonly factorAt: number | null;
    }
  | { readonly kind: 'basic' };

/** The credentials a view accepts, in the order of the chain; the first one determines the challenge of a 401. */
export type AcceptedCredentials = 'all' | 'none' | readonly Credential['kind'][];

/** The organization that the request asked for, and the caller's relation to it. */
export interface OrganizationContext {
  readonly id: number;
  readonly slug: string;
  readonly ownerId: number | null;
  /** The caller's role if they have an active membership. */
  readonly role: OrganizationRole | null;
}

/**
 * Which organization the request asks for (`org`, `org_id`, `X-Organization`).
 * `sandbox` is the explicitly empty value: the personal workspace.
 */
export type OrganizationSelector =
  | { readonly kind: 'absent' }
  | { readonly kind: 'sandbox' }
  | { readonly kind: 'slug'; readonly slug: string }
  | { readonly kind: 'id'; readonly id: number };

/** An authenticated caller. `organization` is null if the request names none, or one that does not exist. */
export interface Caller {
  readonly account: Account;
  readonly credential: Credential;
  /** The account has a second factor. */
  readonly hasFactor: boolean;
  /** The account has to have a second factor and lacks it: the caller can do nothing but set one up. */
  readonly mustEnrol: boolean;
  readonly organization: OrganizationContext | null;
}
