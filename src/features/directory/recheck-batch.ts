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

/** Of so many at once somebody is always there. */
const CROWD = 10;

/**
 * Nobody loses anything before all were asked about: one who is gone left, many are a mistake somewhere.
 *
 * @param stopping the accounts are given back when it is aborted meanwhile
 * @throws ServiceUnavailable when the directory can not be asked; the accounts are due as before
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
      // This refuses an account that an administrator deactivated: its access tokens live again with it.
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

async function ask(
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

/** @returns whether the directory admits none of a crowd, of whom these are some */
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

/** The directory could not be asked: they are due as before. */
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
