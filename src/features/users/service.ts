import type { OrganizationScope } from '../../authorization/organization-scope.js';
import { ValidationError } from '../../kernel/errors.js';
import { foreignKeyViolation } from '../../platform/db/failures.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found, idOf } from '../../platform/http/objects.js';
import { planList } from '../../platform/lists/list-query.js';
import { type AccountCreationDeps, createAccountCreation } from './account-creation.js';
import { type AccountUpdateDeps, createAccountUpdate } from './account-update.js';
import { keepingAdministrators } from './administrators.js';
import { removeAccount } from './removal-repository.js';
import { findTarget, listUsers, lockAccount, type Target, USERS } from './repository.js';

export interface UserServiceDeps extends AccountCreationDeps, AccountUpdateDeps {
  /** Removes the memberships of an account with the invitations to them. */
  readonly endMemberships: (tx: Queryable, of: { readonly userId: number }) => Promise<void>;
}

/** Accounts, as others manage them. */
export function createUserService(deps: UserServiceDeps) {
  const { db } = deps;

  const list = (params: URLSearchParams, visible: unknown, scope: OrganizationScope) =>
    listUsers(db, { plan: planList(USERS, params), visible, scope });

  /** @param organizationId - in which the role is looked up; null for none. @throws NotFound */
  const find = async (id: string | undefined, organizationId: number | null): Promise<Target> =>
    found(await findTarget(db, idOf(id, 'User'), organizationId), 'User');

  /** @throws NotFound when it is gone already; ValidationError when something unknown to us still needs it */
  const remove = async (id: number): Promise<void> => {
    try {
      await keepingAdministrators(db, async (tx) => {
        // Whoever adds a row that names the account waits for this lock, and then finds that the account is gone.
        found(await lockAccount(tx, id), 'User');
        await deps.endMemberships(tx, { userId: id });
        await removeAccount(tx, id);
      });
    } catch (error) {
      const table = foreignKeyViolation(error);
      if (table === undefined) throw error;
      throw new ValidationError([`The account can not be removed: ${table} still needs it.`], {
        cause: error,
      });
    }
  };

  return {
    listDefinition: USERS,
    list,
    find,
    ...createAccountCreation(deps),
    ...createAccountUpdate(deps),
    remove,
  };
}

export type UserService = ReturnType<typeof createUserService>;
