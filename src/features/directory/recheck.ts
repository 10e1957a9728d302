import { setTimeout as delay } from 'node:timers/promises';
import type { PasswordService } from '../../authentication/passwords/service.js';
import type { Role } from '../../kernel/account.js';
import { type Clock, dateOf, MINUTE, SECOND } from '../../kernel/clock.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import { millisecondsOf } from '../../kernel/timestamp.js';
import type { Database } from '../../platform/db/pool.js';
import type { Directory } from '../../platform/ldap/directory.js';
import type { Acquaintance, Person } from '../../platform/ldap/person.js';
import type { Log } from '../../platform/telemetry/log.js';
import { revokeAllTokens } from '../access-tokens/index.js';
import { removeApiToken, storePassword } from '../users/index.js';
import type { DirectoryAccounts } from './accounts.js';
import { claimDue, type DueAccount, listOthers, setRecheck } from './repository.js';
import { judge, type RoleRules } from './roles.js';

export interface RecheckDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly directory: Directory;
  readonly accounts: DirectoryAccounts;
  readonly passwords: Pick<PasswordService, 'makeUnusable'>;
  readonly rules: RoleRules;
  /** Milliseconds between two looks at an account; null for never. */
  readonly intervalMs: number | null;
}

type Standing =
  | { readonly kind: 'present'; readonly person: Person; readonly roles: readonly Role[] }
  | { readonly kind: 'refused'; readonly reason: string };

const BATCH = 200;
/** How long a process that took a batch may have it. */
const LEASE = 5 * MINUTE;
/** Of so many at once somebody is always there. */
const CROWD = 10;

/**
 * Asks the directory about everybody who signed in, so that who left it, or was locked, does not stay because of a
 * session or a token. Roles and attributes follow at the same time.
 */
export function createRecheck(deps: RecheckDeps) {
  const { db, clock, log } = deps;
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;

  /** @returns how many accounts were looked at. @throws ServiceUnavailable */
  const runOnce = async (): Promise<number> => {
    const interval = deps.intervalMs;
    if (interval === null) return 0;
    let looked = 0;
    for (;;) {
      const now = clock.now();
      const due = await claimDue(db, new Date(now), new Date(now + Math.min(LEASE, interval)), BATCH);
      if (due.length === 0 || stopping.signal.aborted) return looked;
      await lookAt(due);
      looked += due.length;
    }
  };

  /** Nobody loses anything before all were asked about: one who is gone left, many are a mistake somewhere. */
  const lookAt = async (due: readonly DueAccount[]): Promise<void> => {
    const gone: { readonly account: DueAccount; readonly reason: string }[] = [];
    try {
      for (const account of due) {
        if (stopping.signal.aborted) return await giveBack(due);
        const standing = await ask(account);
        if (standing.kind === 'refused') gone.push({ account, reason: standing.reason });
        // This refuses an account that an administrator deactivated: its access tokens live again with it.
        else await deps.accounts.admit({ person: standing.person, roles: standing.roles, typed: null });
      }
      if (gone.length === due.length && (await isNobodyLeft(due))) {
        log.error({ accounts: gone.length, reason: gone[0]?.reason }, NOBODY_LEFT);
        return;
      }
    } catch (error) {
      await giveBack(due);
      throw error;
    }
    for (const { account, reason } of gone) await end(account, reason);
  };

  const ask = async (account: Acquaintance): Promise<Standing> => {
    const member = await deps.directory.review(account, deps.directory.startDeadline());
    if (member.kind === 'refused') return member;
    const judgement = judge(member, deps.rules);
    return judgement.kind === 'refused'
      ? judgement
      : { kind: 'present', person: member.person, roles: judgement.roles };
  };

  /** @returns whether the directory admits none of a crowd, of whom these are some */
  const isNobodyLeft = async (gone: readonly DueAccount[]): Promise<boolean> => {
    const others = await listOthers(
      db,
      gone.map(({ userId }) => userId),
      CROWD,
    );
    if (gone.length + others.length < CROWD) return false;
    for (const other of others) if ((await ask(other)).kind === 'present') return false;
    return true;
  };

  const end = async ({ userId }: DueAccount, reason: string): Promise<void> => {
    await db.transaction(async (tx) => {
      await storePassword(tx, userId, deps.passwords.makeUnusable());
      await removeApiToken(tx, userId);
      await revokeAllTokens(tx, userId, dateOf(clock));
      await setRecheck(tx, [userId], null);
    });
    log.info(
      { user: userId, reason },
      'Sessions and tokens ended: the directory no longer admits the account.',
    );
  };

  /** The directory could not be asked: they are due as before. */
  const giveBack = async (due: readonly DueAccount[]): Promise<void> => {
    const earliest = Math.min(...due.map(({ dueAt }) => millisecondsOf(dueAt)));
    await setRecheck(
      db,
      due.map(({ userId }) => userId),
      new Date(earliest),
    );
  };

  const run = async (intervalMs: number): Promise<void> => {
    const pause = Math.min(MINUTE, Math.max(SECOND, intervalMs / 4));
    let failed = false;
    while (!stopping.signal.aborted) {
      await delay(pause * (0.75 + deps.random.fraction() / 2), undefined, {
        signal: stopping.signal,
        ref: false,
      }).catch(() => undefined);
      const error: unknown = stopping.signal.aborted
        ? undefined
        : await runOnce().then(
            () => undefined,
            (cause: unknown) => cause,
          );
      if (error !== undefined && (!failed || !(error instanceof ServiceUnavailable))) {
        log.warn({ error }, 'The directory can not be asked who is still there; trying again.');
      }
      failed = error !== undefined;
    }
  };

  return {
    runOnce,
    start: (): void => {
      if (deps.intervalMs !== null) loop ??= run(deps.intervalMs);
    },
    stop: async (): Promise<void> => {
      stopping.abort();
      await loop;
    },
  };
}

const NOBODY_LEFT =
  'The directory admits none of its accounts any more. Nothing was changed: check AUTH_LDAP_USER_SEARCH_BASE, the filters, AUTH_LDAP_REQUIRE_GROUP, and what AUTH_LDAP_BIND_DN may read.';
