import { setTimeout as delay } from 'node:timers/promises';
import { type Clock, SECOND } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Queryable } from '../db/queryable.js';
import type { Log } from '../telemetry/log.js';
import { MailFailure } from './failure.js';
import { domainOf } from './message.js';
import { type LeasedMail, park, postpone, remove } from './outbox.js';
import type { MailTransport } from './transport.js';

export interface DeliveryDeps {
  readonly db: Queryable;
  readonly transport: MailTransport;
  readonly clock: Clock;
  readonly random: Pick<Random, 'fraction'>;
  /** Receives the id, the kind and the recipient's domain of a mail, never its content. */
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Told of every attempt to send a mail, and of every mail that expired. Must not throw. */
  readonly observe?: (outcome: MailOutcome) => void;
}

/** The verdicts about mails that were not sent, and `expired` for a mail that was given up after three days. */
export const MAIL_OUTCOMES = ['delivered', 'refused', 'postponed', 'unavailable', 'expired'] as const;
export type MailOutcome = (typeof MAIL_OUTCOMES)[number];

/** Milliseconds. */
export interface DeliveryTiming {
  /** Maximum duration of one attempt. */
  readonly deadline: number;
  /** How long a running attempt may continue after a stop was requested. */
  readonly stopGrace: number;
}

/** `unavailable`: other mails would fail at the moment too. */
export type Outcome = 'delivered' | 'failed' | 'unavailable';

const FIRST_PAUSE_SECONDS = 10;
const LONGEST_PAUSE_SECONDS = 3600;
/** A delivered mail must be marked as such before its lease ends: otherwise a second copy would be sent. */
const SETTLE_TRIES = 10;
const SETTLE_PAUSE = 2 * SECOND;

/** @returns a function that sends a leased mail once and records the result in the outbox; it never rejects */
export function createDelivery(deps: DeliveryDeps, timing: DeliveryTiming, stopping: AbortSignal) {
  const { db, clock, random, log } = deps;

  /** Records the result of an attempt, with retries during a short outage of the database. */
  const settle = async (write: () => Promise<unknown>): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        await write();
        return;
      } catch (error) {
        if (tries >= SETTLE_TRIES || stopping.aborted) throw error;
        await delay(SETTLE_PAUSE, undefined, { signal: stopping }).catch(ignore);
      }
    }
  };

  const record = async (
    mail: LeasedMail,
    failure: MailFailure | undefined,
    fields: object,
  ): Promise<Outcome> => {
    if (failure === undefined) {
      await settle(() => remove(db, mail));
      log.info(fields, 'mail delivered');
      return 'delivered';
    }
    const reason = { step: failure.step, code: failure.code };
    if (failure.verdict === 'refused') {
      await settle(() => park(db, mail, failure.message));
      log.error({ ...fields, ...reason }, 'mail given up: refused for good');
      return 'failed';
    }
    const seconds = stopping.aborted ? 0 : pauseSeconds(mail.attempt, random.fraction());
    await settle(() => postpone(db, mail, seconds, failure.message));
    log.warn(
      { ...fields, ...reason, retryInSeconds: Math.round(seconds) },
      'mail not delivered; trying again',
    );
    return failure.verdict === 'unavailable' ? 'unavailable' : 'failed';
  };

  return async (mail: LeasedMail): Promise<Outcome> => {
    const start = clock.now();
    const failure = await attempt(deps, mail, timing, stopping);
    deps.observe?.(failure?.verdict ?? 'delivered');
    const fields = { mail: mail.id, kind: mail.kind, domain: domainOf(mail.to), attempt: mail.attempt };
    try {
      return await record(mail, failure, { ...fields, ms: clock.now() - start });
    } catch (error) {
      // The lease expires without further action.
      const what =
        failure === undefined ? 'mail delivered, and may be delivered again' : 'mail not delivered';
      log.error({ ...fields, error }, `${what}: the outbox cannot be written`);
      return 'unavailable';
    }
  };
}

const ignore = (): void => {};

/** @returns why the mail was not sent; undefined if it was */
async function attempt(
  { transport, log }: DeliveryDeps,
  mail: LeasedMail,
  { deadline, stopGrace }: DeliveryTiming,
  stopping: AbortSignal,
): Promise<MailFailure | undefined> {
  const cut = new AbortController();
  const timers = [setTimeout(() => cut.abort(), deadline)];
  const hurry = () => timers.push(setTimeout(() => cut.abort(), stopGrace));
  if (stopping.aborted) hurry();
  else stopping.addEventListener('abort', hurry, { once: true });
  try {
    await transport.send(mail, cut.signal);
    return undefined;
  } catch (error) {
    if (error instanceof MailFailure) return error;
    log.error({ mail: mail.id, kind: mail.kind, error }, 'mail transport failed unexpectedly');
    return new MailFailure('message', 'postponed', 'unexpected', 'The mail transport failed; see the log.');
  } finally {
    stopping.removeEventListener('abort', hurry);
    for (const timer of timers) clearTimeout(timer);
  }
}

/** Doubles with each attempt, with a quarter of jitter in both directions so that replicas do not act in step. */
const pauseSeconds = (attempt: number, fraction: number): number =>
  Math.min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS) * (0.75 + fraction / 2);
