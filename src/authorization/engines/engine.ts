import type { OrganizationRole, Role } from '../../kernel/account.js';
import type { PolicyPackage } from '../../kernel/policy.js';

export type { PolicyPackage } from '../../kernel/policy.js';

/** `auth` in the document that CVAT 2.62 posts to OPA, with the same keys in the same order. */
export interface PolicyAuth {
  readonly user: { readonly id: number; readonly privilege: Role | null };
  /** Null in the personal workspace; `user.role` is the caller's role if their membership is active. */
  readonly organization: {
    readonly id: number;
    readonly owner: { readonly id: number | null };
    readonly user: { readonly role: OrganizationRole | null };
  } | null;
  /** Only in questions for a plugin. */
  readonly token?: { readonly id: number; readonly read_only: boolean };
}

/** The `input` that CVAT posts. */
export interface PolicyInput {
  readonly scope: string;
  readonly auth: PolicyAuth;
  /** JSON; null if there is no object. */
  readonly resource: unknown;
}

export interface PolicyQuestion {
  readonly package: PolicyPackage;
  /** `plugin_allow` asks every plugin of the package whether a personal access token may do this. */
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
  | {
      readonly ready: false;
      readonly problem: PolicyProblem;
      readonly detail: string;
      /** Names addresses: for operators only. */
      readonly cause?: unknown;
    };

/** An engine that decides by `rules/`: a server next to this one, or the same rules compiled into this process. */
export interface PolicyEngine {
  readonly name: 'opa' | 'embedded';
  /**
   * Asks all questions in one round trip. Answers are raw: read them with `readAllow`, `readFilter` and `readPlugins`,
   * which only accept a clear yes.
   *
   * @returns one answer per question, in order; null for an undefined answer among several
   * @throws ServiceUnavailable (503) `opa_unreachable`, `opa_no_bundle`, `opa_undefined`, `opa_bad_answer`
   */
  readonly ask: (questions: readonly PolicyQuestion[]) => Promise<readonly unknown[]>;
  /**
   * Asks a rule that is not of this server, alone.
   *
   * @param path of the rule in the rules, such as `forward_auth/analytics/allow`
   * @returns its raw answer. @throws as `ask`
   */
  readonly evaluate: (path: string, input: PolicyInput) => Promise<unknown>;
  /** @returns whether the engine decides by exactly these rules, and the problem if not */
  readonly ready: () => Promise<Readiness>;
  readonly close: () => Promise<void>;
}
