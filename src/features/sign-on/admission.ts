import type { Role } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import type { ProviderSettings } from '../../platform/config/auth-config.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { isEmail } from '../../platform/http/email.js';
import type { Profile } from '../../platform/oidc/provider.js';
import { findAddressOwners, type Newcomers } from '../accounts/index.js';
import { lockNames, recordOrigin } from '../users/index.js';
import { bringGrantsUpToDate, isAdmitted } from './grants.js';
import { linkData, namesOf } from './names.js';
import type { SignOnProblem } from './problems.js';
import { findLinked, insertLink, noteSignOn } from './repository.js';

export interface AdmissionDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly newcomers: Newcomers;
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

/**
 * Decides whose account a person at a provider gets. Provider and subject identify them, never an address: a provider
 * that lets people type any address would otherwise give away every account here.
 */
export function createAdmission(deps: AdmissionDeps) {
  const admit = async (provider: ProviderSettings, profile: Profile): Promise<Admission> => {
    const store = () => deps.db.transaction((tx) => decide(tx, provider, profile));
    try {
      return await store();
    } catch (error) {
      // Somebody else, or a CVAT beside us, which does not use our lock, was first: now it is known.
      if (uniqueViolation(error) === undefined) throw error;
      return store();
    }
  };

  const decide = async (tx: Queryable, provider: ProviderSettings, profile: Profile): Promise<Admission> => {
    // First sign-ins of one person take turns, and the second finds the account of the first.
    const seen = await findLinked(tx, provider.id, profile.subject);
    if (seen === undefined) await lockNames(tx);
    const known = seen ?? (await findLinked(tx, provider.id, profile.subject));
    const account = known ?? (await findOrMake(tx, provider, profile));
    if ('kind' in account) return account;
    const { userId, isActive } = account;
    const data = linkData(profile);
    const now = dateOf(deps.clock);
    if (known === undefined)
      await insertLink(tx, { provider: provider.id, subject: profile.subject, userId, data }, now);
    else await noteSignOn(tx, known.linkId, data, now);
    return enter(tx, provider, profile, {
      userId,
      isActive,
      isNew: 'isNew' in account,
      isLinked: known === undefined,
    });
  };

  const enter = async (
    tx: Queryable,
    { id, rules }: ProviderSettings,
    profile: Profile,
    { isActive, ...account }: { userId: number; isActive: boolean; isNew: boolean; isLinked: boolean },
  ): Promise<Admission> => {
    const { userId, isNew } = account;
    const mayEnter = isAdmitted(rules, profile.groups ?? []);
    const newRoles = await bringGrantsUpToDate(tx, {
      userId,
      provider: id,
      groups: mayEnter ? (profile.groups ?? []) : [],
      rules,
      defaultRole: deps.defaultRole,
      now: dateOf(deps.clock),
    });
    if (!mayEnter) return refused('group', userId);
    if (!isActive) return refused(isNew ? 'approval' : 'inactive', userId);
    return { kind: 'account', ...account, newRoles };
  };

  const findOrMake = async (tx: Queryable, provider: ProviderSettings, profile: Profile) => {
    const { email } = profile;
    if (!isAdmitted(provider.rules, profile.groups ?? [])) return refused('group', null);
    if (email === null || !isEmail(email)) return refused('no_email', null);
    const [owner, ...others] = await findAddressOwners(tx, email);
    if (owner !== undefined && !owner.isPlaceholder) {
      // Both sides have proven the address: it was confirmed here, and its own domain says whose it is.
      const isTheirs = others.length === 0 && owner.isVerified && profile.vouchesForEmail;
      return isTheirs ? owner : refused('email_taken', owner.userId);
    }
    const reception = await deps.newcomers.receive(tx, {
      usernames: namesOf(profile),
      email,
      isEmailProven: profile.vouchesForEmail || (profile.isEmailVerified && provider.family === 'social'),
      firstName: profile.firstName,
      lastName: profile.lastName,
    });
    if (reception.kind === 'refused') return refused(reception.problem, null);
    await recordOrigin(tx, reception.userId, provider.family === 'social' ? 'social' : 'sso');
    return { userId: reception.userId, isActive: reception.isActive, isNew: true };
  };

  return { admit };
}

const refused = (problem: SignOnProblem, userId: number | null) =>
  ({ kind: 'refused', problem, userId }) as const;
