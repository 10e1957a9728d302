import { setTimeout as delay } from 'node:timers/promises';
import { HOUR, SECOND } from '../../kernel/clock.js';
import { createDelivery, type DeliveryDeps, type DeliveryTiming } from './delivery.js';
import { domainOf } from './message.js';
import { claim, type LeasedMail, parkExpired, purgeParked } from './outbox.js';

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
  const clean = createHousekeeping(deps);
  const bell = createBell();
  const open = (onEnd: () => void) => openLanes(deps, timing, stopping.signal, onEnd);
  let loop: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    const lanes = open(bell.ring);
    let broken = false;
    while (!stopping.signal.aborted) {
      try {
        await clean();
        await lanes.fill();
        broken = false;
      } catch (error) {
        if (!broken) deps.log.error({ error }, 'the mail outbox can not be read; trying again');
        broken = true;
      }
      // New mails don't end the pause after an outage: each would knock at a closed door.
      if (broken || lanes.hasOutage()) {
        await delay(timing.outagePause, undefined, { signal: stopping.signal }).catch(ignore);
        lanes.endOutage();
      } else await bell.wait(timing.poll * (0.75 + deps.random.fraction() / 2));
    }
    await lanes.settle();
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
    runOnce: async () => {
      await clean();
      return open(ignore).drain();
    },
  };
}

const ignore = (): void => {};

/**
 * Lanes in which mails leave side by side: one that is slow holds up no other. After an outage, which is when the mail
 * server took mails from nobody, none is taken until `endOutage`.
 *
 * @param onEnd told whenever a lane is free again
 */
function openLanes(deps: DeliveryDeps, timing: OutboxTiming, stopping: AbortSignal, onEnd: () => void) {
  const deliver = createDelivery(deps, timing, stopping);
  const running = new Set<Promise<void>>();
  let [delivered, outage] = [0, false];

  const launch = (mail: LeasedMail): void => {
    const lane = deliver(mail).then((outcome) => {
      if (outcome === 'delivered') delivered += 1;
      if (outcome === 'unavailable') outage = true;
      running.delete(lane);
      onEnd();
    });
    running.add(lane);
  };

  /** Takes what is due, as far as lanes are free; it does not wait for the end of a delivery. */
  const fill = async (): Promise<void> => {
    if (deps.transport.kind === 'none') return;
    while (!stopping.aborted && !outage && running.size < LANES) {
      const mail = await claim(deps.db, timing.lease / SECOND);
      if (mail === undefined) return;
      launch(mail);
    }
  };

  const settle = async (): Promise<void> => {
    await Promise.all(running);
  };

  return {
    fill,
    settle,
    hasOutage: () => outage,
    endOutage: () => {
      outage = false;
    },
    /** Delivers until nothing is due, or nothing leaves. @returns how many mails left */
    drain: async (): Promise<number> => {
      try {
        for (;;) {
          await fill();
          if (running.size === 0) return delivered;
          await Promise.race(running);
        }
      } finally {
        await settle();
      }
    },
  };
}

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
