import type { z } from 'zod';
import { newLineage } from '../../authentication/sessions/binding.js';
import type { Account } from '../../kernel/account.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { found } from '../../platform/http/objects.js';
import { checkFields } from '../../platform/http/validate.js';
import { moveAddress } from './address-repository.js';
import { keepingAdministrators } from './administrators.js';
import { removeApiToken } from './api-token-repository.js';
import {
  groupErrors,
  refuseFields,
  requireFreeName,
  usernameErrors,
  whenNamesAreFree,
} from './field-errors.js';
import { lockNames } from './new-account-repository.js';
import { replaceLineage } from './password-repository.js';
import type { Profiles } from './profiles.js';
import {
  addGroups,
  findTarget,
  grantAnalytics,
  type LockedAccount,
  lockAccount,
  removeOtherGroups,
  updateAccount,
} from './repository.js';
import { columnsOf, type UserWrite } from './user-schemas.js';

export interface AccountUpdateDeps {
  readonly db: Database;
  readonly random: Random;
  readonly userWrite: UserWrite;
  readonly profiles: Pick<Profiles, 'changeSurvey'>;
  readonly secretKey: () => string;
  readonly storedSessions: StoredSessions;
  /** Further changes at the activation of an account, in its transaction. */
  readonly onActivated: (tx: Queryable, account: Pick<Account, 'id' | 'username' | 'email'>) => Promise<void>;
  readonly wakeMail: () => void;
}

/** Sessions where they are kept: those that another program opened are bound to nothing that this server could change. */
export interface StoredSessions {
  /** Ends the sessions of an account there, but the one with that key. @param tx which locks the account */
  readonly end: (tx: Queryable, userId: number, keptKey?: string) => Promise<void>;
}

export type UserChanges = Partial<z.output<UserWrite>>;

/** Changing an account, including the side effects of CVAT's signals. */
export function createAccountUpdate(deps: AccountUpdateDeps) {
  const { db, userWrite } = deps;

  /** Reads the body of a request. @throws ValidationError */
  const readChanges = async (body: unknown, { id }: Pick<Account, 'id'>): Promise<UserChanges> => {
    const { values, errors } = checkFields(userWrite, body);
    const { username, groups } = values;
    refuseFields(userWrite.shape, errors, {
      username: username === undefined ? undefined : await usernameErrors(db, username, id),
      groups: await groupErrors(db, groups),
    });
    return values;
  };

  /**
   * Groups are set after the other fields, as in CVAT.
   *
   * @returns the account in its new state
   * @throws ValidationError for values that were taken meanwhile, and if no administrator would be left; NotFound if
   *   it was deleted meanwhile
   */
  const update = async ({ id }: Pick<Account, 'id'>, changes: UserChanges): Promise<Account> => {
    const { groups, is_active: isActive, is_superuser: isSuperuser } = changes;
    const takesRights = isActive === false || isSuperuser === false || groups !== undefined;
    const store = (tx: Queryable): Promise<void> => storeChanges(tx, id, changes);
    await whenNamesAreFree(() => (takesRights ? keepingAdministrators(db, store) : db.transaction(store)));
    deps.wakeMail();
    return found(await findTarget(db, id, null), 'User').account;
  };

  const storeChanges = async (tx: Queryable, id: number, changes: UserChanges): Promise<void> => {
    const { username, email, groups } = changes;
    if (username !== undefined || email !== undefined) await lockNames(tx);
    if (username !== undefined) await requireFreeName(tx, username, id);
    const before = found(await lockAccount(tx, id), 'User');
    await updateAccount(tx, id, { username, ...columnsOf(changes) });
    await deps.profiles.changeSurvey(tx, id, changes);
    if (groups !== undefined) await setGroups(tx, id, groups);
    if (email !== undefined && email !== before.email) await moveAddress(tx, id, before.email, email);
    await noteActivity(tx, id, before, changes.is_active);
  };

  const setGroups = async (tx: Queryable, id: number, groups: readonly string[]): Promise<void> => {
    await removeOtherGroups(tx, id, groups);
    const joined = await addGroups(tx, id, groups);
    if (joined.includes('admin')) await grantAnalytics(tx, id);
  };

  /** Sessions and the API token end with the account, and do not return if it is activated again. */
  const noteActivity = async (
    tx: Queryable,
    id: number,
    before: LockedAccount,
    isActive = before.isActive,
  ): Promise<void> => {
    if (before.isActive && !isActive) {
      await replaceLineage(tx, id, newLineage(before.password, deps));
      await deps.storedSessions.end(tx, id);
    }
    if (before.isActive || !isActive) return;
    // Until now, requests with its token were told that the account is inactive, as in CVAT.
    await removeApiToken(tx, id);
    await deps.onActivated(tx, found(await findTarget(tx, id, null), 'User').account);
  };

  return { readChanges, update };
}
