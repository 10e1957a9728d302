import { setTimeout as delay } from 'node:timers/promises';
import { HOUR, SECOND } from '../../kernel/clock.js';
import { createDelivery, type DeliveryDeps, type DeliveryTiming } from './delivery.js';
import { domainOf } from './message.js';
import { claim, type LeasedMail, parkExpired, purgeParked } from './outbox.js';

/** Milliseconds. */
export interface OutboxTiming extends DeliveryTiming {
  /** Between two checks of the outbox if nothing wakes the worker. */
  readonly poll: number;
  /** Before the next try after the mail server or the database was unavailable. */
  readonly outagePause: number;
  /** How long a claimed mail is unavailable to other processes: well above `deadline`. */
  readonly lease: number;
}

const TIMING: OutboxTiming = {
  poll: 5 * SECOND,
  outagePause: 30 * SECOND,
  deadline: 60 * SECOND,
  lease: 120 * SECOND,
  stopGrace: 5 * SECOND,
};

/** Number of mails sent at the same time. */
const LANES = 4;

export interface OutboxWorkerDeps extends DeliveryDeps {
  readonly timing?: Partial<OutboxTiming>;
}

export interface OutboxWorker {
  /** Starts to deliver in the background. */
  start(): void;
  /** Signals a new mail: call it after the commit. */
  wake(): void;
  /** Lets running attempts finish, aborts them after a grace period, and starts no new ones. */
  stop(): Promise<void>;
  /** Delivers all due mails. @returns how many mails were sent */
  runOnce(): Promise<number>;
}

/**
 * Delivers the mails of the outbox. Any number of processes may do this: each mail is leased to one at a time, and no
 * transaction is open while talking to a mail server. A mail is sent twice only if the process dies, or is aborted,
 * after the server accepted it and before the row was removed; both copies then have the same Message-ID.
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
        if (!broken) deps.log.error({ error }, 'the mail outbox cannot be read; trying again');
        broken = true;
      }
      // New mails do not end the pause after an outage: each would try a server that is still down.
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
 * Lanes that send mails in parallel: a slow one does not delay the others. After an outage (the mail server accepted
 * no mail at all), no mail is claimed until `endOutage`.
 *
 * @param onEnd called whenever a lane is free again
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

  /** Claims due mails while lanes are free; does not wait for deliveries to end. */
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
    /** Delivers until no mail is due, or none can be sent. @returns how many mails were sent */
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

/** A pause that can be cut short; a ring outside a pause shortens the next one. */
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

/** @returns a function that, once an hour, gives up mails that are too old, and removes mails given up long ago */
function createHousekeeping({ db, clock, log, observe }: DeliveryDeps) {
  let doneAt = Number.NEGATIVE_INFINITY;
  return async (): Promise<void> => {
    const age = clock.now() - doneAt;
    // Setting the clock back must not put it off.
    if (age >= 0 && age < HOUR) return;
    for (const { id, kind, to, attempts } of await parkExpired(db)) {
      log.error({ mail: id, kind, domain: domainOf(to), attempts }, 'mail given up: too old');
      observe?.('expired');
    }
    await purgeParked(db);
    doneAt = clock.now();
  };
}
