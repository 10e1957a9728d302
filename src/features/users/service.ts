import type { CvatRelease } from '../../kernel/cvat-release.js';
import { ValidationError } from '../../kernel/errors.js';
import { foreignKeyViolation } from '../../platform/db/failures.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found, idOf } from '../../platform/http/objects.js';
import { planList } from '../../platform/lists/list-query.js';
import { type AccountCreationDeps, createAccountCreation } from './account-creation.js';
import { type AccountUpdateDeps, createAccountUpdate } from './account-update.js';
import { keepingAdministrators } from './administrators.js';
import { createProfiles } from './profiles.js';
import { removeAccount } from './removal-repository.js';
import {
  findTarget,
  listUsers,
  lockAccount,
  type Target,
  USERS,
  USERS_WITH_ADDRESSES,
  type UserListRequest,
  waitingAmong,
} from './repository.js';
import { userSchemas } from './user-schemas.js';

export interface UserServiceDeps
  extends AccountCreationDeps,
    Omit<AccountUpdateDeps, 'userWrite' | 'profiles'> {
  readonly release: CvatRelease;
  /** Removes the memberships of an account, together with their invitations. */
  readonly endMemberships: (tx: Queryable, of: { readonly userId: number }) => Promise<void>;
}

interface ListChoice extends Omit<UserListRequest, 'plan'> {
  /** The search looks into e-mail addresses too. */
  readonly findsAddresses?: boolean;
}

/** Managing the accounts of other users. */
export function createUserService(deps: UserServiceDeps) {
  const { db, release } = deps;
  const schemas = userSchemas(release);
  const profiles = createProfiles({ db, release });

  const list = (params: URLSearchParams, { findsAddresses = false, ...shown }: ListChoice) =>
    listUsers(db, { ...shown, plan: planList(findsAddresses ? USERS_WITH_ADDRESSES : USERS, params) });

  /** @param organizationId - the organization in which to look up the role; null for none. @throws NotFound */
  const find = async (id: string | undefined, organizationId: number | null): Promise<Target> =>
    found(await findTarget(db, idOf(id, 'User'), organizationId), 'User');

  /** @throws NotFound if it was already deleted; ValidationError if other data still refers to it */
  const remove = async (id: number): Promise<void> => {
    try {
      await keepingAdministrators(db, async (tx) => {
        // Other transactions that add a row with the account wait for this lock, and then find that the account is
        // gone.
        found(await lockAccount(tx, id), 'User');
        await deps.endMemberships(tx, { userId: id });
        await removeAccount(tx, id);
      });
    } catch (error) {
      const table = foreignKeyViolation(error);
      if (table === undefined) throw error;
      throw new ValidationError([`The account cannot be removed: ${table} still refers to it.`], {
        cause: error,
      });
    }
  };

  return {
    release,
    schemas,
    profilesOf: profiles.profilesOf,
    listDefinition: USERS,
    list,
    waitingAmong: (ids: readonly number[]) => waitingAmong(db, ids),
    find,
    ...createAccountCreation(deps),
    ...createAccountUpdate({ ...deps, userWrite: schemas.write, profiles }),
    remove,
  };
}

export type UserService = ReturnType<typeof createUserService>;
