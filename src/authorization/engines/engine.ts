import type { OrganizationRole, Role } from '../../kernel/account.js';
import type { PolicyPackage } from '../../kernel/policy.js';

export type { PolicyPackage } from '../../kernel/policy.js';

/** `auth` of the document that CVAT 2.62 posts to OPA, key for key and in its order. */
export interface PolicyAuth {
  readonly user: { readonly id: number; readonly privilege: Role | null };
  /** Null in the personal workspace; `user.role` is the caller's, if their membership is active. */
  readonly organization: {
    readonly id: number;
    readonly owner: { readonly id: number | null };
    readonly user: { readonly role: OrganizationRole | null };
  } | null;
  /** Only in questions for a plugin. */
  readonly token?: { readonly id: number; readonly read_only: boolean };
}

/** What CVAT posts as `input`. */
export interface PolicyInput {
  readonly scope: string;
  readonly auth: PolicyAuth;
  /** JSON; null where there is no object. */
  readonly resource: unknown;
}

export interface PolicyQuestion {
  readonly package: PolicyPackage;
  /** `plugin_allow` asks every plugin of the package what remains with a personal access token. */
  readonly rule: 'allow' | 'filter' | 'plugin_allow';
  readonly input: PolicyInput;
}

/** Why there is no decision: the `code` of the 503. `opa_other_bundle` only shows in readiness. */
export type PolicyProblem =
  | 'opa_unreachable'
  | 'opa_no_bundle'
  | 'opa_undefined'
  | 'opa_bad_answer'
  | 'opa_other_bundle';

export type Readiness =
  | { readonly ready: true; readonly revision: string }
  | { readonly ready: false; readonly problem: PolicyProblem; readonly detail: string };

/** Something that decides by `rules/`: a server beside this one, or the same rules compiled into it. */
export interface PolicyEngine {
  readonly name: 'opa' | 'embedded';
  /**
   * Asks once, however many questions there are. Answers are raw: read them with `readAllow`, `readFilter`
   * and `readPlugins`, which take nothing but a clear yes for a yes.
   *
   * @returns one answer for each question, in order; null for an undefined answer among several
   * @throws ServiceUnavailable (503) `opa_unreachable`, `opa_no_bundle`, `opa_undefined`, `opa_bad_answer`
   */
  readonly ask: (questions: readonly PolicyQuestion[]) => Promise<readonly unknown[]>;
  /** @returns whether the engine decides by exactly these rules, and what is wrong if not */
  readonly ready: () => Promise<Readiness>;
  readonly close: () => Promise<void>;
}
