import type { Candidate, CredentialDeps, LoginRequest, VerifiedLogin } from './credentials.js';
import type { Requester } from './passwords/queue.js';
import { splitCode } from './second-factor.js';
import { sessionAuthHash } from './signing.js';

export type PasswordMatchDeps = Pick<
  CredentialDeps,
  'passwords' | 'upgradePassword' | 'secretKey' | 'onUpgradeError'
>;

/** @returns a function that finds the candidate whose password was typed */
export function createPasswordMatch(deps: PasswordMatchDeps) {
  const { passwords, secretKey } = deps;

  /** Only compares passwords of accounts that may sign in: otherwise a right but refused password would stand out. */
  async function firstMatch(
    candidates: readonly Candidate[],
    login: LoginRequest,
    requester: Requester,
  ): Promise<VerifiedLogin | undefined> {
    // No code can come with each request of HTTP Basic: an account with a second factor has no password there.
    const active = candidates.filter(
      ({ isActive, hasFactor }) => isActive && !(hasFactor && login.way === 'basic'),
    );
    const guarded = active.filter(({ hasFactor }) => hasFactor);
    if (guarded.length === 0) return matchAmong(active, login.password, requester);
    const match = await matchAmong(guarded, splitCode(login.password).password, requester);
    const others = active.filter(({ hasFactor }) => !hasFactor);
    if (match !== undefined || others.length === 0) return match;
    return matchAmong(others, login.password, requester);
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
    return { userId, password: await upgrade(candidate, password, requester), usedFactor };
  }

  /** A read-only database must not stop anyone from signing in: the old hash then stays. */
  async function upgrade(candidate: Candidate, password: string, requester: Requester): Promise<string> {
    try {
      const to = await passwords.hash(password, requester);
      const bindings = {
        fromBinding: sessionAuthHash(candidate.password, secretKey()),
        toBinding: sessionAuthHash(to, secretKey()),
      };
      await deps.upgradePassword(candidate.userId, { from: candidate.password, to, ...bindings });
      return to;
    } catch (error) {
      deps.onUpgradeError(error);
      return candidate.password;
    }
  }

  return firstMatch;
}
