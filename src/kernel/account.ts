import type { Timestamp } from './timestamp.js';

/** Vocabulary of who is calling, shared by authentication, authorization and the features. */

/** Largest value of CVAT's integer keys, PostgreSQL's `integer`. */
export const MAXIMUM_ID = 2_147_483_647;

/** @returns whether a row can have this id: anything else must not reach a statement, which would fail */
export const isId = (value: number): boolean => Number.isInteger(value) && value >= 1 && value <= MAXIMUM_ID;

/** CVAT's roles (`IAM_ROLES`), highest first: the first one a user's groups contain is their privilege. */
export const ROLES = ['admin', 'user', 'worker'] as const;
export type Role = (typeof ROLES)[number];

/** A group of CVAT before 2.22, which made its members users; a database of that time still has it. */
const FORMER_USERS = 'business';

/** @returns the highest role among the group names, or null (CVAT's `privilege`) */
export const privilegeOf = (groups: readonly string[]): Role | null =>
  ROLES.find((role) => groups.includes(role) || (role === 'user' && groups.includes(FORMER_USERS))) ?? null;

/** In the order of CVAT's schema. */
export const ORGANIZATION_ROLES = ['worker', 'supervisor', 'maintainer', 'owner'] as const;
export type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];

/** A row of `auth_user` with what CVAT keeps beside it. Never holds the password column. */
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

/** By which of the four ways the caller came in. */
export type Credential =
  | { readonly kind: 'token' }
  | {
      readonly kind: 'access-token';
      readonly id: number;
      readonly readOnly: boolean;
      /** The one organization it is good for; null for a token of any context. */
      readonly boundTo: { readonly organizationId: number | null } | null;
      /** Its last use is written beside the request: whoever shows tokens waits for this. Never rejects. */
      readonly useNoted: Promise<void>;
    }
  | { readonly kind: 'session' }
  | { readonly kind: 'basic' };

/** The credentials a view accepts, in the order of the chain; the first of them names the challenge of a 401. */
export type AcceptedCredentials = 'all' | 'none' | readonly Credential['kind'][];

/** The organization a request asked for, as the caller stands in it. */
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

/** An authenticated caller. `organization` is null when none was asked for or the one asked for does not exist. */
export interface Caller {
  readonly account: Account;
  readonly credential: Credential;
  readonly organization: OrganizationContext | null;
}
