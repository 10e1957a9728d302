import { setTimeout as delay } from 'node:timers/promises';
import { MINUTE, SECOND } from '../../kernel/clock.js';
import { ServiceUnavailable } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import { lookAt, type RecheckBatchDeps } from './recheck-batch.js';
import { claimDue } from './repository.js';

export interface RecheckDeps extends RecheckBatchDeps {
  readonly random: Random;
  /** Milliseconds between two checks of an account; null for never. */
  readonly intervalMs: number | null;
}

const BATCH = 200;
/** How long a process may keep a batch. */
const LEASE = 5 * MINUTE;

/**
 * Checks all users who have signed in against the directory, so that a session or a token does not outlive an account
 * that was removed or locked there. Also updates roles and attributes.
 */
export function createRecheck(deps: RecheckDeps) {
  const { intervalMs } = deps;
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;

  return {
    /** @returns how many accounts were checked. @throws ServiceUnavailable */
    runOnce: (): Promise<number> => lookAtEverybody(deps, stopping.signal),

    start: (): void => {
      if (intervalMs !== null) loop ??= lookAgainAndAgain(deps, intervalMs, stopping.signal);
    },

    stop: async (): Promise<void> => {
      stopping.abort();
      await loop;
    },
  };
}

async function lookAtEverybody(deps: RecheckDeps, stopping: AbortSignal): Promise<number> {
  const { db, clock, intervalMs } = deps;
  if (intervalMs === null) return 0;
  let looked = 0;
  for (;;) {
    const now = clock.now();
    const due = await claimDue(db, new Date(now), new Date(now + Math.min(LEASE, intervalMs)), BATCH);
    if (due.length === 0 || stopping.aborted) return looked;
    await lookAt(due, deps, stopping);
    looked += due.length;
  }
}

async function lookAgainAndAgain(
  deps: RecheckDeps,
  intervalMs: number,
  stopping: AbortSignal,
): Promise<void> {
  const pause = Math.min(MINUTE, Math.max(SECOND, intervalMs / 4));
  let failed = false;
  while (!stopping.aborted) {
    await delay(pause * (0.75 + deps.random.fraction() / 2), undefined, {
      signal: stopping,
      ref: false,
    }).catch(() => undefined);
    const error: unknown = stopping.aborted
      ? undefined
      : await lookAtEverybody(deps, stopping).then(
          () => undefined,
          (cause: unknown) => cause,
        );
    if (error !== undefined && (!failed || !(error instanceof ServiceUnavailable))) {
      deps.log.warn({ error }, 'The directory cannot be queried for its accounts; trying again.');
    }
    failed = error !== undefined;
  }
}
