import type { Client } from '../kernel/client.js';
import type { ReportEvent } from '../kernel/security-events.js';
import type { Attempt, FailureLimit } from './failure-limit.js';
import type { LoginMethod } from './login-method.js';
import { createPasswordMatch, type PasswordMatch } from './password-match.js';
import type { PasswordService } from './passwords/service.js';
import { readingsOf, SecondFactorNeeded } from './second-factor.js';

/** A user that a name or an address may refer to, with the data needed to check their password. */
export interface Candidate {
  readonly userId: number;
  readonly username: string;
  /** The address that matched the user, null if the name did. */
  readonly matchedEmail: string | null;
  readonly password: string;
  readonly isActive: boolean;
  /** The account has a second factor. */
  readonly hasFactor: boolean;
}

/** One SQL query returns all three kinds of candidates, each in the order in which allauth tries them. */
export interface Candidates {
  readonly exact: readonly Candidate[];
  readonly byEmail: readonly Candidate[];
  readonly ignoringCase: readonly Candidate[];
}

export interface CredentialDeps {
  /**
   * @param username name to look up, exactly and case-insensitively; null for a login by e-mail only
   * @param email address to look up
   */
  readonly findCandidates: (username: string | null, email: string) => Promise<Candidates>;
  /** Replaces the password column if it still holds `from`, and records which hash existing sessions were bound to. */
  readonly upgradePassword: (userId: number, change: PasswordUpgrade) => Promise<unknown>;
  readonly passwords: Pick<PasswordService, 'verifyFirst' | 'hash' | 'isUsable'>;
  readonly failures: FailureLimit;
  readonly secretKey: () => string;
  readonly method: LoginMethod;
  readonly onUpgradeError: (error: unknown) => void;
  /** Checks names that match no account with a local password (`IAM_TYPE=LDAP`); counts failures itself. */
  readonly directory:
    | ((login: LoginRequest & { readonly username: string }) => Promise<CheckedPassword | undefined>)
    | null;
  /** Null if every account may use its password. */
  readonly passwordRule: PasswordRule | null;
  /** Checks a code, and uses it up. @returns undefined for a wrong one */
  readonly verifyFactor: (userId: number, code: string) => Promise<'totp' | 'recovery' | undefined>;
}

/** Whether an account may use its password; `break-glass`: only as an exception that the log shows. */
export type PasswordRule = (userId: number) => Promise<'allowed' | 'break-glass' | 'refused'>;

export interface PasswordUpgrade {
  readonly from: string;
  readonly to: string;
  /** Session hashes of both, so that existing sessions stay valid (deviation 11). */
  readonly fromBinding: string;
  readonly toBinding: string;
}

export interface LoginRequest {
  readonly username?: string;
  readonly email?: string;
  readonly password: string;
  /** For the failure limit, and for the client's share of the hash queue. */
  readonly client: Client;
  /** How they sign in, for the log. */
  readonly way: 'login' | 'basic';
  readonly report: ReportEvent;
  /** Refuses every password, with the time and the cost of a wrong one. */
  readonly isRefused?: boolean;
}

export interface CheckedPassword {
  readonly userId: number;
  /** The current password column. */
  readonly password: string;
}

/** An account that may be entered. */
export interface VerifiedLogin extends CheckedPassword {
  /** A code of the second factor was right, and is used up now. */
  readonly usedFactor: boolean;
}

const NOBODY: Candidates = { exact: [], byEmail: [], ignoringCase: [] };

/** The API does not let more users than this share an address. It bounds the number of hashes per request. */
const MAXIMUM_HASHES = 5;

/**
 * Resolves credentials as CVAT's two backends do: Django's by exact user name, then allauth's by e-mail and by
 * case-insensitive user name. Login and Basic share it.
 */
export function createCredentialCheck(deps: CredentialDeps) {
  const { passwords, failures } = deps;
  const firstMatch = createPasswordMatch(deps);

  /**
   * @returns the account, or undefined for wrong credentials and for inactive accounts
   * @throws SecondFactorNeeded for a right password without a right code; Throttled after too many failures; the errors
   *   of the hash queue
   */
  return async (login: LoginRequest): Promise<VerifiedLogin | undefined> => {
    const name = login.email ?? login.username ?? '';
    // PostgreSQL refuses NUL in text, so no account has it.
    const found = name.includes('\0')
      ? NOBODY
      : await deps.findCandidates(login.email === undefined ? name : null, name);
    const candidates = order(admit(found, deps.method), name);
    const { username, email } = login;
    const { client, isRefused = false } = login;
    const requester = { account: accountKey(candidates, name), client };
    const attempt = { account: requester.account, address: client.address };
    const isLocal = candidates.some(({ password }) => passwords.isUsable(password));
    if (deps.directory !== null && username !== undefined && email === undefined && !isLocal) {
      const isGuarded = candidates.some(({ hasFactor }) => hasFactor);
      const { member, code } = await askDirectory(deps.directory, { ...login, username }, isGuarded);
      if (member === undefined)
        login.report('login.failed', { account: null, way: login.way, reason: DIRECTORY });
      if (member === undefined || !(await mayUsePassword(login, member))) return undefined;
      const usedFactor = candidates.some(({ userId, hasFactor }) => hasFactor && userId === member.userId);
      if (usedFactor && login.way === 'basic') {
        login.report('login.failed', { account: member.userId, way: login.way, reason: FACTOR });
        await failures.failed(attempt);
        return undefined;
      }
      if (usedFactor) await requireCode(login, { userId: member.userId, code }, attempt);
      return { ...member, usedFactor };
    }
    await failures.check(attempt);

    const match = await firstMatch(isRefused ? [] : candidates, login, requester);
    if (match === undefined) {
      login.report('login.failed', {
        account: candidates[0]?.userId ?? null,
        way: login.way,
        reason: reasonOf(candidates),
      });
      await failures.failed(attempt);
      return undefined;
    }
    await failures.check(attempt);
    if (!(await mayUsePassword(login, match))) {
      await failures.failed(attempt);
      return undefined;
    }
    if (match.usedFactor) await requireCode(login, match, attempt);
    await failures.succeeded(attempt);
    return match;
  };

  /** A right password alone costs as much as a wrong one: its answer would otherwise tell for free that it is right. */
  async function requireCode(
    login: LoginRequest,
    { userId, code }: Pick<PasswordMatch, 'userId' | 'code'>,
    attempt: Attempt,
  ): Promise<void> {
    const kind = code === undefined ? undefined : await deps.verifyFactor(userId, code);
    if (kind === 'recovery') login.report('recovery_code.used', { account: userId });
    if (kind !== undefined) return;
    if (code !== undefined) login.report('factor.refused', { account: userId });
    login.report('login.failed', { account: userId, way: login.way, reason: FACTOR });
    await failures.failed(attempt);
    throw new SecondFactorNeeded(userId, code === undefined ? 'missing' : 'wrong');
  }

  async function mayUsePassword(
    { way, report }: LoginRequest,
    { userId }: CheckedPassword,
  ): Promise<boolean> {
    const rule = deps.passwordRule === null ? 'allowed' : await deps.passwordRule(userId);
    if (rule === 'break-glass') report('login.break_glass', { account: userId, way });
    if (rule === 'refused') report('login.failed', { account: userId, way, reason: PASSWORDS_OFF });
    return rule !== 'refused';
  }
}

type DirectoryCheck = NonNullable<CredentialDeps['directory']>;

/** @param isGuarded what was typed may end in a code */
async function askDirectory(
  directory: DirectoryCheck,
  login: Parameters<DirectoryCheck>[0],
  isGuarded: boolean,
): Promise<{ readonly member: CheckedPassword | undefined; readonly code: string | undefined }> {
  for (const { password, code } of isGuarded ? readingsOf(login.password) : []) {
    const member = await directory({ ...login, password });
    if (member !== undefined) return { member, code };
  }
  return { member: isGuarded ? undefined : await directory(login), code: undefined };
}

const FACTOR = 'the second factor is missing or wrong';
const DIRECTORY = 'the directory refuses the user';
const PASSWORDS_OFF = 'passwords are turned off';

/** The reason of a refusal, for the log. Only operators see it: the client always gets the same answer. */
const reasonOf = (candidates: readonly Candidate[]): string => {
  if (candidates.length === 0) return 'no account has the name';
  return candidates.some(({ isActive }) => isActive) ? 'the password is wrong' : 'the account is inactive';
};

export type CredentialCheck = ReturnType<typeof createCredentialCheck>;

/** Django's backend knows exact user names whatever the method is; allauth's looks for what the method allows. */
const admit = (found: Candidates, method: LoginMethod): Candidates => ({
  exact: found.exact,
  byEmail: method === 'username' ? [] : found.byEmail,
  ignoringCase: method === 'email' ? [] : found.ignoringCase,
});

/** Each user once, at their first place. Names that differ only in case match nobody, because they are ambiguous. */
function order({ exact, byEmail, ignoringCase }: Candidates, name: string): readonly Candidate[] {
  const sameEmail = byEmail.filter(
    ({ matchedEmail }) => matchedEmail !== null && foldEmail(matchedEmail) === foldEmail(name),
  );
  const byName = ignoringCase.length === 1 ? ignoringCase : [];
  const seen = new Set<number>();
  return [...exact, ...sameEmail, ...byName]
    .filter(({ userId }) => !seen.has(userId) && seen.add(userId))
    .slice(0, MAXIMUM_HASHES);
}

/** allauth compares addresses by NFKC and case folding, which SQL's lower() only approximates. */
export const foldEmail = (email: string): string => email.normalize('NFKC').toLowerCase();

const accountKey = ([first]: readonly Candidate[], name: string): string =>
  first === undefined ? `name:${foldEmail(name).slice(0, 254)}` : `id:${first.userId}`;
