import type { OrganizationContext } from './account.js';

/** The packages of `rules/`, one for each kind of thing that a request may ask for. */
export type PolicyPackage =
  | 'users'
  | 'server'
  | 'organizations'
  | 'memberships'
  | 'invitations'
  | 'access_tokens';

/** Those with a filter for their lists. */
export type ListedPackage = Exclude<PolicyPackage, 'server'>;

/** What a route asks the policy before it does anything: one scope at a time, all must be allowed, in order. */
export interface PolicyCheck {
  readonly package: PolicyPackage;
  readonly scope: string;
  /** The `resource` of CVAT's OPA document: what is known of the object, or null. */
  readonly resource: unknown;
  /**
   * The organization to decide in. Undefined: the one the request asked for. An object's own organization (or null
   * for none) overrides that, as in CVAT's `OpenPolicyAgentPermission.get_context`.
   */
  readonly organization?: OrganizationContext | null;
  /**
   * Id of the organization that what is asked for belongs to, null for none: a token that is bound to an organization
   * reaches nothing outside of it. `context` is the one that the request names: so belong a list, whose filter is
   * narrowed to it, what is made in it, and what it says of the server.
   */
  readonly belongsTo: number | 'context' | null;
}
