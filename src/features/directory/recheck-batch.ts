import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Role } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { millisecondsOf } from '../../kernel/timestamp.js';
import type { Database } from '../../platform/db/pool.js';
import type { Directory } from '../../platform/ldap/directory.js';
import type { Acquaintance, Person } from '../../platform/ldap/person.js';
import type { Log } from '../../platform/telemetry/log.js';
import { revokeAllTokens } from '../access-tokens/index.js';
import { removeApiToken, storePassword } from '../users/index.js';
import type { DirectoryAccounts } from './accounts.js';
import { type DueAccount, listOthers, setRecheck } from './repository.js';
import { judge, type RoleRules } from './roles.js';

export interface RecheckBatchDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: Directory;
  readonly accounts: DirectoryAccounts;
  readonly passwords: Pick<PasswordService, 'makeUnusable'>;
  readonly rules: RoleRules;
}

type Standing =
  | { readonly kind: 'present'; readonly person: Person; readonly roles: readonly Role[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Among this many people, at least one still exists. */
const CROWD = 10;

/**
 * No account loses anything before all of them have been checked: one missing person has left, many missing ones are a
 * mistake somewhere.
 *
 * @param stopping if it aborts meanwhile, the accounts are released
 * @throws ServiceUnavailable if the directory cannot be queried; the accounts stay due
 */
export async function lookAt(
  due: readonly DueAccount[],
  deps: RecheckBatchDeps,
  stopping: AbortSignal,
): Promise<void> {
  const { db, log } = deps;
  const gone: { readonly account: DueAccount; readonly reason: string }[] = [];
  try {
    for (const account of due) {
      if (stopping.aborted) return await giveBack(db, due);
      const standing = await ask(account, deps);
      if (standing.kind === 'refused') gone.push({ account, reason: standing.reason });
      // This refuses an account that an administrator deactivated: its access tokens become valid again when it is
      // activated.
      else await deps.accounts.admit({ person: standing.person, roles: standing.roles, typed: null });
    }
    if (gone.length === due.length && (await isNobodyLeft(due, deps))) {
      log.error({ accounts: gone.length, reason: gone[0]?.reason }, NOBODY_LEFT);
      return;
    }
  } catch (error) {
    await giveBack(db, due);
    throw error;
  }
  for (const { account, reason } of gone) await end(account, reason, deps);
}

/** @returns whether the directory still admits a person, and with which roles. @throws ServiceUnavailable */
export async function ask(
  account: Acquaintance,
  { directory, rules }: Pick<RecheckBatchDeps, 'directory' | 'rules'>,
): Promise<Standing> {
  const member = await directory.review(account, directory.startDeadline());
  if (member.kind === 'refused') return member;
  const judgement = judge(member, rules);
  return judgement.kind === 'refused'
    ? judgement
    : { kind: 'present', person: member.person, roles: judgement.roles };
}

/** @returns whether the directory admits none of a crowd that these accounts are part of */
async function isNobodyLeft(gone: readonly DueAccount[], deps: RecheckBatchDeps): Promise<boolean> {
  const others = await listOthers(
    deps.db,
    gone.map(({ userId }) => userId),
    CROWD,
  );
  if (gone.length + others.length < CROWD) return false;
  for (const other of others) if ((await ask(other, deps)).kind === 'present') return false;
  return true;
}

async function end({ userId }: DueAccount, reason: string, deps: RecheckBatchDeps): Promise<void> {
  await deps.db.transaction(async (tx) => {
    await storePassword(tx, userId, deps.passwords.makeUnusable());
    await removeApiToken(tx, userId);
    await revokeAllTokens(tx, userId, dateOf(deps.clock));
    await setRecheck(tx, [userId], null);
  });
  deps.log.info(
    { user: userId, reason },
    'Sessions and tokens ended: the directory no longer admits the account.',
  );
}

/** The directory could not be queried: the accounts are due as before. */
async function giveBack(db: Database, due: readonly DueAccount[]): Promise<void> {
  const earliest = Math.min(...due.map(({ dueAt }) => millisecondsOf(dueAt)));
  await setRecheck(
    db,
    due.map(({ userId }) => userId),
    new Date(earliest),
  );
}

const NOBODY_LEFT =
  'The directory admits none of its accounts any more. Nothing was changed: check AUTH_LDAP_USER_SEARCH_BASE, the filters, AUTH_LDAP_REQUIRE_GROUP, and what AUTH_LDAP_BIND_DN may read.';
