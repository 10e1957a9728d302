import type { OrganizationContext } from './account.js';

/** The packages of `rules/`, one per kind of resource. */
export type PolicyPackage =
  | 'users'
  | 'server'
  | 'organizations'
  | 'memberships'
  | 'invitations'
  | 'access_tokens'
  | 'growth';

/** The packages that have a filter for their lists. */
export type ListedPackage = Exclude<PolicyPackage, 'server'>;

/** The questions a route asks the policy before it does anything: one scope each. All must be allowed, in order. */
export interface PolicyCheck {
  readonly package: PolicyPackage;
  readonly scope: string;
  /** The `resource` of CVAT's OPA document: the known properties of the object, or null. */
  readonly resource: unknown;
  /**
   * The organization to decide in. Undefined means the one the request asked for. An object's own organization (null
   * for none) takes precedence, as in CVAT's `OpenPolicyAgentPermission.get_context`.
   */
  readonly organization?: OrganizationContext | null;
  /**
   * Id of the organization that the resource belongs to, null for none: a token bound to an organization cannot reach
   * anything outside it. `context` means the organization that the request names. It applies to a list (its filter is
   * narrowed to that organization), to new objects and to server information.
   */
  readonly belongsTo: number | 'context' | null;
}
