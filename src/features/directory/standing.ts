import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Database } from '../../platform/db/pool.js';
import type { Directory } from '../../platform/ldap/directory.js';
import type { DirectoryAccounts } from './accounts.js';
import { ask } from './recheck-batch.js';
import { findAcquaintance, findPassword } from './repository.js';
import type { RoleRules } from './roles.js';

export interface StandingDeps {
  readonly db: Database;
  readonly directory: Directory;
  readonly accounts: DirectoryAccounts;
  readonly rules: RoleRules;
  readonly passwords: Pick<PasswordService, 'isUsable'>;
  /** Null if the directory is not asked about people without their password. */
  readonly recheckMs: number | null;
}

export type Standing = 'local' | 'admitted' | 'refused' | 'unknown';

/** Asks the directory about a person who signs in without the password that it keeps. */
export const createStanding =
  (deps: StandingDeps) =>
  /**
   * @returns `local` for an account with a password of its own; `unknown` if the directory is never asked
   * @throws ServiceUnavailable if it cannot be asked now
   */
  async (userId: number): Promise<Standing> => {
    const { db, passwords } = deps;
    const known = await findAcquaintance(db, userId);
    if (known === undefined)
      return passwords.isUsable((await findPassword(db, userId)) ?? '!') ? 'local' : 'refused';
    if (deps.recheckMs === null) return 'unknown';
    const standing = await ask(known, deps);
    if (standing.kind === 'refused') return 'refused';
    // As at a login with the password: what the directory knows of the person is stored, and may refuse them.
    const { person, roles } = standing;
    const { kind } = await deps.accounts.admit({ person, roles, typed: null });
    return kind === 'account' ? 'admitted' : 'refused';
  };
