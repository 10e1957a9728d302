import { setTimeout as delay } from 'node:timers/promises';
import { HOUR, SECOND } from '../../kernel/clock.js';
import { createDelivery, type DeliveryDeps, type DeliveryTiming } from './delivery.js';
import { domainOf } from './message.js';
import { claim, parkExpired, purgeParked } from './outbox.js';

/** Milliseconds. */
export interface OutboxTiming extends DeliveryTiming {
  /** Between two looks into the outbox when nobody wakes the worker. */
  readonly poll: number;
  /** Before the next try after the mail server or the database was not there. */
  readonly outagePause: number;
  /** How long a taken mail is out of the reach of others: well above `deadline`. */
  readonly lease: number;
}

const TIMING: OutboxTiming = {
  poll: 5 * SECOND,
  outagePause: 30 * SECOND,
  deadline: 60 * SECOND,
  lease: 120 * SECOND,
  stopGrace: 5 * SECOND,
};

/** Mails that leave at once. */
const LANES = 4;

export interface OutboxWorkerDeps extends DeliveryDeps {
  readonly timing?: Partial<OutboxTiming>;
}

export interface OutboxWorker {
  /** Delivers from now on, in the background. */
  start(): void;
  /** Says that there is a new mail: call it after the commit. */
  wake(): void;
  /** Lets running attempts finish, cuts them off after a grace time, and starts no new ones. */
  stop(): Promise<void>;
  /** Delivers what is due. @returns how many mails left */
  runOnce(): Promise<number>;
}

/**
 * Delivers the mails of the outbox. Any number of processes may do so: each mail is leased to one at a time, and no
 * transaction is open while a mail server talks. A mail leaves twice only if the process dies, or is cut off, after the
 * server took it and before the row was removed; both copies then have the same Message-ID.
 */
export function createOutboxWorker(deps: OutboxWorkerDeps): OutboxWorker {
  const timing = { ...TIMING, ...deps.timing };
  const stopping = new AbortController();
  const round = createRound(deps, timing, stopping.signal);
  const bell = createBell();
  let loop: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    let broken = false;
    while (!stopping.signal.aborted) {
      const result = await round().catch((error: unknown) => {
        if (!broken) deps.log.error({ error }, 'the mail outbox can not be read; trying again');
        return undefined;
      });
      broken = result === undefined;
      // New mails don't end the pause after an outage: each would knock at a closed door.
      if (broken || result?.outage)
        await delay(timing.outagePause, undefined, { signal: stopping.signal }).catch(ignore);
      else await bell.wait(timing.poll * (0.75 + deps.random.fraction() / 2));
    }
  };

  return {
    start() {
      loop ??= run();
    },
    wake: bell.ring,
    async stop() {
      stopping.abort();
      bell.ring();
      await loop;
    },
    runOnce: async () => (await round()).delivered,
  };
}

interface Round {
  readonly delivered: number;
  /** Whether the mail server took mails from nobody. */
  readonly outage: boolean;
}

/** @returns a function that delivers what is due, in several lanes; it rejects when all of them have ended */
function createRound(
  deps: OutboxWorkerDeps,
  timing: OutboxTiming,
  stopping: AbortSignal,
): () => Promise<Round> {
  const deliver = createDelivery(deps, timing, stopping);
  const clean = createHousekeeping(deps);

  const drain = async (): Promise<Round> => {
    for (let delivered = 0; ; ) {
      const mail = stopping.aborted ? undefined : await claim(deps.db, timing.lease / SECOND);
      if (mail === undefined) return { delivered, outage: false };
      const outcome = await deliver(mail);
      if (outcome === 'unavailable') return { delivered, outage: true };
      if (outcome === 'delivered') delivered += 1;
    }
  };

  return async () => {
    await clean();
    if (deps.transport.kind === 'none') return { delivered: 0, outage: false };
    const lanes = await Promise.allSettled(Array.from({ length: LANES }, drain));
    const results = lanes.map((lane) => {
      if (lane.status === 'rejected') throw lane.reason;
      return lane.value;
    });
    return {
      delivered: results.reduce((sum, { delivered }) => sum + delivered, 0),
      outage: results.some(({ outage }) => outage),
    };
  };
}

const ignore = (): void => {};

/** A pause that can be cut short; a ring outside a pause cuts the next one. */
function createBell() {
  let rung = false;
  let end: () => void = ignore;
  return {
    ring(): void {
      rung = true;
      end();
    },
    async wait(milliseconds: number): Promise<void> {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
    },
  };
}

/** @returns a function that, once an hour, gives up mails that are too old and removes those given up long ago */
function createHousekeeping({ db, clock, log }: DeliveryDeps) {
  let due = Number.NEGATIVE_INFINITY;
  return async (): Promise<void> => {
    if (clock.now() < due) return;
    for (const { id, kind, to, attempts } of await parkExpired(db)) {
      log.error({ mail: id, kind, domain: domainOf(to), attempts }, 'mail given up: too old');
    }
    await purgeParked(db);
    due = clock.now() + HOUR;
  };
}
