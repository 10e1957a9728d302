import type { Candidate, CredentialDeps, LoginRequest, VerifiedLogin } from './credentials.js';
import type { Requester } from './passwords/queue.js';
import { readingsOf } from './second-factor.js';
import { sessionAuthHash } from './signing.js';

export type PasswordMatchDeps = Pick<
  CredentialDeps,
  'passwords' | 'upgradePassword' | 'secretKey' | 'onUpgradeError'
>;

/** Whose password it was, and what was typed behind it. */
export interface PasswordMatch extends VerifiedLogin {
  readonly code: string | undefined;
}

/** @returns a function that finds the candidate whose password was typed */
export function createPasswordMatch(deps: PasswordMatchDeps) {
  const { passwords } = deps;

  /** Only compares passwords of accounts that may sign in: otherwise a right but refused password would stand out. */
  async function firstMatch(
    candidates: readonly Candidate[],
    login: LoginRequest,
    requester: Requester,
  ): Promise<PasswordMatch | undefined> {
    // No code can come with each request of HTTP Basic: an account with a second factor has no password there.
    const active = candidates.filter(
      ({ isActive, hasFactor }) => isActive && !(hasFactor && login.way === 'basic'),
    );
    const guarded = active.filter(({ hasFactor }) => hasFactor);
    const others = active.filter(({ hasFactor }) => !hasFactor);
    const readings = readingsOf(login.password);
    if (guarded.length > 0) {
      for (const { password, code } of readings) {
        const match = await matchAmong(guarded, password, requester);
        if (match !== undefined) return { ...match, code };
      }
      if (others.length === 0) return undefined;
    }
    const match = await matchAmong(others, login.password, requester);
    if (match !== undefined) return { ...match, code: undefined };
    // The same time as above: otherwise a wrong password would tell whether the account has a second factor.
    if (guarded.length === 0 && login.way === 'login' && readings.length > 1)
      await passwords.verifyFirst(login.password, [], requester);
    return undefined;
  }

  async function matchAmong(
    admissible: readonly Candidate[],
    password: string,
    requester: Requester,
  ): Promise<VerifiedLogin | undefined> {
    const stored = admissible.map((candidate) => candidate.password);
    const match = await passwords.verifyFirst(password, stored, requester);
    const candidate = match && admissible[match.index];
    if (candidate === undefined) return undefined;
    const { userId, hasFactor: usedFactor } = candidate;
    if (!match?.needsRehash) return { userId, password: candidate.password, usedFactor };
    return { userId, password: await upgrade(candidate, { password, requester }, deps), usedFactor };
  }

  return firstMatch;
}

/** A read-only database must not stop anyone from signing in: the old hash then stays. @returns the stored hash */
async function upgrade(
  candidate: Candidate,
  { password, requester }: { readonly password: string; readonly requester: Requester },
  { passwords, secretKey, upgradePassword, onUpgradeError }: PasswordMatchDeps,
): Promise<string> {
  try {
    const to = await passwords.hash(password, requester);
    const bindings = {
      fromBinding: sessionAuthHash(candidate.password, secretKey()),
      toBinding: sessionAuthHash(to, secretKey()),
    };
    await upgradePassword(candidate.userId, { from: candidate.password, to, ...bindings });
    return to;
  } catch (error) {
    onUpgradeError(error);
    return candidate.password;
  }
}
