import type { ReportEvent } from '../../kernel/security-events.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import type { UserService } from '../users/index.js';
import { type AdministeredAccountDeps, createAdministeredAccount } from './administered-account.js';
import {
  type AdministeredCredentialsDeps,
  createAdministeredCredentials,
} from './administered-credentials.js';
import { type AccountSummary, listAccounts } from './administration-repository.js';

export interface AdministrationDeps extends AdministeredAccountDeps, AdministeredCredentialsDeps {
  readonly db: AdministeredCredentialsDeps['db'];
  readonly directory: AdministeredAccountDeps['directory'];
  /** The operations of administrators over HTTP: the same rules, and the same mails. */
  readonly users: Pick<UserService, 'readNew' | 'create' | 'readChanges' | 'update'>;
  readonly factors: AdministeredFactors;
  /** Logs what an operator did at the command line. */
  readonly report: ReportEvent;
}

export interface AdministeredFactors {
  readonly find: (userId: number) => Promise<FactorSummary>;
  /** @returns false if the account had none */
  readonly reset: (account: Pick<AccountSummary, 'id' | 'username' | 'email'>) => Promise<boolean>;
}

/** The second factors of an account, as shown to operators. */
export interface FactorSummary {
  readonly totpSince: Timestamp | null;
  readonly recoveryCodes: number;
  readonly keys: readonly { readonly name: string }[];
}

export interface NewPerson {
  readonly username: string;
  /** Empty for none. */
  readonly email: string;
  readonly password: string;
  readonly isAdmin: boolean;
}

/**
 * An operator's operations on accounts at the command line. The policy does not apply: a person who can run them can
 * also read the database. Refusals are a one-sentence `StartError`, or a `ValidationError` with the texts of the API.
 */
export function createAdministration(deps: AdministrationDeps) {
  const { db, users } = deps;
  const account = createAdministeredAccount(deps);
  const { require, requireLocal } = account;

  const create = async ({ isAdmin, ...person }: NewPerson): Promise<AccountSummary> => {
    const made = await users.create(
      await users.readNew({ ...person, is_staff: isAdmin, is_superuser: isAdmin }),
      null,
    );
    return require(made.username);
  };

  const change = async (username: string, changes: object): Promise<AccountSummary> => {
    const { id } = await require(username);
    await users.update({ id }, await users.readChanges(changes, { id }));
    return require(username);
  };

  const makeAdmin = async (username: string): Promise<AccountSummary> => {
    await requireLocal(username, 'make it a member of one of AUTH_LDAP_ADMIN_GROUPS');
    return change(username, { is_staff: true, is_superuser: true });
  };

  /**
   * Removes all second factors: the last way in for an administrator who lost theirs.
   *
   * @returns whether there were any
   */
  const resetFactors = async (username: string): Promise<boolean> => {
    const holder = await require(username);
    const hadAny = await deps.factors.reset(holder);
    if (hadAny) deps.report('factor.reset', { account: holder.id, way: 'command-line' });
    return hadAny;
  };

  return {
    list: () => listAccounts(db),
    show: require,
    create,
    /** Tells a user who registered and waited for approval that they can sign in now. */
    activate: (username: string) => change(username, { is_active: true }),
    /** Ends its sessions for good. */
    deactivate: (username: string) => change(username, { is_active: false }),
    makeAdmin,
    showFactors: async (username: string) => deps.factors.find((await require(username)).id),
    resetFactors,
    ...createAdministeredCredentials(deps, account),
  };
}

export type Administration = ReturnType<typeof createAdministration>;
