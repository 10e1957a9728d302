import { dateOf } from '../../kernel/clock.js';
import { type ProviderSettings, storedName } from '../../platform/config/auth-config.js';
import { uniqueViolation } from '../../platform/db/failures.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { isEmail } from '../../platform/http/email.js';
import type { Profile } from '../../platform/oidc/provider.js';
import { findAddressOwners, type Newcomers } from '../accounts/index.js';
import { lockBinding, lockNames } from '../users/index.js';
import { type Admission, type ArrivalDeps, createArrival, refused } from './arrival.js';
import { isAdmitted } from './grants.js';
import { linkData, namesOf } from './names.js';
import { findLinked, insertLink, listLinks, noteSignOn } from './repository.js';

export interface AdmissionDeps extends ArrivalDeps {
  readonly db: Database;
  readonly newcomers: Newcomers;
}

/**
 * Decides whose account a person at a provider gets. Provider and subject identify them, never an address: a provider
 * that lets people type any address would otherwise give away every account here.
 */
export function createAdmission(deps: AdmissionDeps) {
  const enter = createArrival(deps);

  const admit = (provider: ProviderSettings, profile: Profile): Promise<Admission> =>
    store((tx) => decide(tx, provider, profile));

  /** Gives an account, to which the person is signed in, an identity as one more way in. */
  const link = (provider: ProviderSettings, profile: Profile, userId: number): Promise<Admission> =>
    store((tx) => join(tx, provider, profile, userId));

  const store = async (write: (tx: Queryable) => Promise<Admission>): Promise<Admission> => {
    try {
      return await deps.db.transaction(write);
    } catch (error) {
      // Another request, or a CVAT beside us, which does not use our lock, was first: now the person is known.
      if (uniqueViolation(error) === undefined) throw error;
      return deps.db.transaction(write);
    }
  };

  const decide = async (tx: Queryable, provider: ProviderSettings, profile: Profile): Promise<Admission> => {
    // First sign-ins of one person take turns, and the second finds the account of the first.
    const seen = await findLinked(tx, storedName(provider), profile.subject);
    if (seen === undefined) await lockNames(tx);
    const known = seen ?? (await findLinked(tx, storedName(provider), profile.subject));
    const account = known ?? (await findOrMake(tx, provider, profile));
    if ('kind' in account) return account;
    const { userId, isActive } = account;
    const data = linkData(profile);
    const now = dateOf(deps.clock);
    if (known === undefined)
      await insertLink(tx, { provider: storedName(provider), subject: profile.subject, userId, data }, now);
    else await noteSignOn(tx, known.linkId, data, now);
    return enter(tx, provider, profile, {
      userId,
      isActive,
      isNew: 'isNew' in account,
      isLinked: known === undefined,
    });
  };

  const join = async (
    tx: Queryable,
    provider: ProviderSettings,
    profile: Profile,
    userId: number,
  ): Promise<Admission> => {
    await lockNames(tx);
    if ((await lockBinding(tx, userId)) === undefined) return refused('inactive', null);
    if (!isAdmitted(provider.rules, profile.groups ?? [])) return refused('group', userId);
    const known = await findLinked(tx, storedName(provider), profile.subject);
    if (known !== undefined && known.userId !== userId) return refused('linked_elsewhere', userId);
    const isLinked = known === undefined;
    if (isLinked) {
      const others = await listLinks(tx, userId);
      // What the groups of one identity give, those of the other would take back.
      if (others.some((other) => other.provider === storedName(provider)))
        return refused('other_identity', userId);
      const data = linkData(profile);
      await insertLink(
        tx,
        { provider: storedName(provider), subject: profile.subject, userId, data },
        dateOf(deps.clock),
      );
    }
    return enter(tx, provider, profile, { userId, isActive: true, isNew: false, isLinked });
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
      origin: provider.family === 'social' ? 'social' : 'sso',
    });
    if (reception.kind === 'refused') return refused(reception.problem, null);
    return { userId: reception.userId, isActive: reception.isActive, isNew: true };
  };

  return { admit, link };
}
