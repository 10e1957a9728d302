import { StartError } from '../../kernel/start-error.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { type AccountSummary, findAccount } from './administration-repository.js';
import { findHolder, type PasswordHolder } from './password-repository.js';

export interface AdministeredAccountDeps {
  readonly db: Queryable;
  /** The source of accounts without a local password (`IAM_TYPE=LDAP`). */
  readonly directory: { readonly owns: (userId: number) => Promise<boolean> } | null;
}

/** Finds the account that an operator names. Each function throws a one-sentence StartError if there is none. */
export function createAdministeredAccount({ db, directory }: AdministeredAccountDeps) {
  const require = async (username: string): Promise<AccountSummary> => {
    const account = await findAccount(db, username);
    if (account === undefined) throw new StartError(`There is no account "${username}".`);
    return account;
  };

  /**
   * For accounts of a directory: the data it manages cannot be changed here, because the next check would revert it.
   */
  const requireLocal = async (username: string, advice: string): Promise<AccountSummary> => {
    const account = await require(username);
    if (await directory?.owns(account.id))
      throw new StartError(`"${username}" belongs to the directory: ${advice}.`);
    return account;
  };

  const requireHolder = async (username: string): Promise<PasswordHolder> => {
    const holder = await findHolder(db, (await require(username)).id);
    if (holder === undefined) throw new StartError(`The account "${username}" was just deleted.`);
    return holder;
  };

  return { require, requireLocal, requireHolder };
}

export type AdministeredAccount = ReturnType<typeof createAdministeredAccount>;
