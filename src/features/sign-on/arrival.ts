import type { Role } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { type ProviderSettings, storedName } from '../../platform/config/auth-config.js';
import type { Queryable } from '../../platform/db/queryable.js';
import type { Profile } from '../../platform/oidc/provider.js';
import { type AccountMailer, findHolder } from '../accounts/index.js';
import { bringGrantsUpToDate, isAdmitted } from './grants.js';
import type { SignOnProblem } from './problems.js';

export interface ArrivalDeps {
  readonly clock: Clock;
  readonly mailer: Pick<AccountMailer, 'accountLinked'>;
  /** `IAM_DEFAULT_ROLE`. */
  readonly defaultRole: Role;
}

export type Admission =
  | {
      readonly kind: 'account';
      readonly userId: number;
      readonly isNew: boolean;
      readonly isLinked: boolean;
      readonly newRoles: readonly Role[];
    }
  | { readonly kind: 'refused'; readonly problem: SignOnProblem; readonly userId: number | null };

/** @returns a function that brings the rights of an account up to date, once it is known whose it is */
export function createArrival(deps: ArrivalDeps) {
  return async (
    tx: Queryable,
    provider: ProviderSettings,
    profile: Profile,
    { isActive, ...account }: { userId: number; isActive: boolean; isNew: boolean; isLinked: boolean },
  ): Promise<Admission> => {
    const { rules } = provider;
    const { userId, isNew } = account;
    const mayEnter = isAdmitted(rules, profile.groups ?? []);
    const newRoles = await bringGrantsUpToDate(tx, {
      userId,
      provider: storedName(provider),
      groups: mayEnter ? (profile.groups ?? []) : [],
      rules,
      defaultRole: deps.defaultRole,
      now: dateOf(deps.clock),
    });
    if (!mayEnter) return refused('group', userId);
    if (!isActive) return refused(isNew ? 'approval' : 'inactive', userId);
    if (account.isLinked && !isNew) {
      const holder = await findHolder(tx, userId);
      if (holder !== undefined) await deps.mailer.accountLinked(tx, holder, provider.name);
    }
    return { kind: 'account', ...account, newRoles };
  };
}

export const refused = (problem: SignOnProblem, userId: number | null) =>
  ({ kind: 'refused', problem, userId }) as const;
