import { type Account, type Credential, privilegeOf } from '../kernel/account.js';
import { EnrolmentNeeded } from '../kernel/errors.js';
import type { Identity } from './identity.js';

/** `MFA_REQUIRED`: of which accounts the server asks a second factor. */
export type RequiredOf = 'off' | 'admins' | 'all';

export interface FactorRequirementDeps {
  readonly requiredOf: RequiredOf;
  /** Whether people can set up a factor here at all: otherwise nobody could meet a requirement. */
  readonly canEnrol: boolean;
}

/** @returns a rule that tells whether an account has to have a second factor, and lacks it */
export const createFactorRequirement =
  ({ requiredOf, canEnrol }: FactorRequirementDeps) =>
  (
    account: Pick<Account, 'groups' | 'isStaff' | 'isSuperuser'>,
    { hasFactor, isAsked }: { readonly hasFactor: boolean; readonly isAsked: boolean },
  ): boolean =>
    canEnrol &&
    !hasFactor &&
    (isAsked || requiredOf === 'all' || (requiredOf === 'admins' && isAdministrator(account)));

export type LacksFactor = ReturnType<typeof createFactorRequirement>;

const isAdministrator = ({ groups, isStaff, isSuperuser }: Parameters<LacksFactor>[0]): boolean =>
  isSuperuser || isStaff || privilegeOf(groups) === 'admin';

/**
 * A session that proved a factor goes on without one of its own: its provider is trusted to have asked for it.
 *
 * @returns whether a caller can do nothing but set up a second factor
 */
export const mustEnrol = ({ lacksFactor }: Pick<Identity, 'lacksFactor'>, credential: Credential): boolean =>
  lacksFactor && (credential.kind !== 'session' || credential.factorAt === null);

/**
 * @param page where people set up a factor; null without pages
 * @returns a check that throws EnrolmentNeeded for a caller who can do nothing else
 */
export const createEnrolmentCheck =
  (page: string | null) =>
  (caller: { readonly mustEnrol: boolean }): void => {
    if (caller.mustEnrol) throw new EnrolmentNeeded(page);
  };
