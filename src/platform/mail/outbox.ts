import { millisecondsOf, type Timestamp } from '../../kernel/timestamp.js';
import { execute, many, one, type Queryable } from '../db/queryable.js';
import { sql } from '../db/sql.js';
import { type MailMessage, oneLine } from './message.js';
import type { KnownMail } from './templates/layout.js';

/**
 * The table of outgoing mails. All its times come from the database, so that replicas whose clocks differ agree on
 * which mails are due and which process holds a mail.
 */

/** A rendered template and its recipient. */
export interface OutgoingMail extends KnownMail {
  readonly to: string;
}

/** A mail leased to one process for a limited time. The attempt number proves that the process still holds it. */
export interface LeasedMail extends MailMessage {
  readonly kind: string;
  readonly attempt: number;
}

export type Lease = Pick<LeasedMail, 'id' | 'attempt'>;

/** Seconds after which a mail is given up, 3 days: its link has expired by then. */
const LIFETIME = 259_200;
/** Seconds that a mail stays visible after it was given up, 30 days. */
const RETENTION = 2_592_000;

/** Control characters, which PostgreSQL (NUL) or readers cannot handle; line feeds and tabs stay. */
const CONTROLS = /[^\P{Cc}\n\t]/gu;

/**
 * Adds a mail to the outbox as part of the caller's transaction: it is sent if and only if that commits. Wake the
 * worker after the commit. An invalid recipient fails later, in the worker: it must not fail the request.
 */
export async function enqueue(tx: Queryable, { kind, to, subject, text, html }: OutgoingMail): Promise<void> {
  await execute(
    tx,
    sql`
      insert into auth_server_outbox (kind, recipient, subject, body_text, body_html)
      values (${kind}, ${oneLine(to)}, ${oneLine(subject)}, ${clean(text)}, ${clean(html)})
    `,
  );
}

const clean = (text: string): string => text.replace(CONTROLS, '');

/** @returns the mail that has waited longest, leased for `seconds`; undefined if none is due */
export async function claim(db: Queryable, seconds: number): Promise<LeasedMail | undefined> {
  const row = await one<Omit<LeasedMail, 'date'> & { readonly date: Timestamp }>(
    db,
    sql`
      update auth_server_outbox
      set attempts = attempts + 1, locked_until = now() + make_interval(secs => ${seconds})
      where id = (
        select id
        from auth_server_outbox
        where failed_at is null and due_at <= now() and (locked_until is null or locked_until <= now())
        order by due_at
        limit 1
        for update skip locked
      )
      returning id, kind, recipient as "to", subject, body_text as text, body_html as html,
        created_at as date, attempts as attempt
    `,
  );
  return row && { ...row, date: new Date(millisecondsOf(row.date)) };
}

/** Removes a delivered mail. @returns 0 if another process has taken over the lease */
export const remove = (db: Queryable, { id, attempt }: Lease): Promise<number> =>
  execute(db, sql`delete from auth_server_outbox where id = ${id} and attempts = ${attempt}`);

/** Ends the lease and makes the mail due again in `seconds`. */
export const postpone = (
  db: Queryable,
  { id, attempt }: Lease,
  seconds: number,
  reason: string,
): Promise<number> =>
  execute(
    db,
    sql`
      update auth_server_outbox
      set locked_until = null, due_at = now() + make_interval(secs => ${seconds}), last_error = ${reason}
      where id = ${id} and attempts = ${attempt}
    `,
  );

/** Gives a mail up. The row stays for the operator, without the bodies. */
export const park = (db: Queryable, { id, attempt }: Lease, reason: string): Promise<number> =>
  execute(
    db,
    sql`
      update auth_server_outbox
      set failed_at = now(), locked_until = null, body_text = '', body_html = '', last_error = ${reason}
      where id = ${id} and attempts = ${attempt}
    `,
  );

export interface ParkedMail {
  readonly id: string;
  readonly kind: string;
  readonly to: string;
  readonly attempts: number;
  readonly failedAt: Timestamp;
  readonly reason: string | null;
}

/** Gives up the mails that are too old to be useful. @returns them */
export const parkExpired = (db: Queryable): Promise<ParkedMail[]> =>
  many<ParkedMail>(
    db,
    sql`
      update auth_server_outbox
      set failed_at = now(), locked_until = null, body_text = '', body_html = ''
      where failed_at is null
        and created_at <= now() - make_interval(secs => ${LIFETIME})
        and (locked_until is null or locked_until <= now())
      returning id, kind, recipient as "to", attempts, failed_at as "failedAt", last_error as reason
    `,
  );

/** Removes mails given up long ago. */
export const purgeParked = (db: Queryable): Promise<number> =>
  execute(
    db,
    sql`delete from auth_server_outbox where failed_at <= now() - make_interval(secs => ${RETENTION})`,
  );

/** @returns the mails given up, latest first */
export const listParked = (db: Queryable, limit = 100): Promise<ParkedMail[]> =>
  many<ParkedMail>(
    db,
    sql`
      select id, kind, recipient as "to", attempts, failed_at as "failedAt", last_error as reason
      from auth_server_outbox
      where failed_at is not null
      order by failed_at desc
      limit ${limit}
    `,
  );

export interface OutboxSummary {
  readonly waiting: number;
  readonly parked: number;
  /** Age of the oldest waiting mail; 0 if none waits. */
  readonly oldestSeconds: number;
}

/** @returns the state of the outbox, for metrics and the health check */
export async function summarizeOutbox(db: Queryable): Promise<OutboxSummary> {
  const row = await one<OutboxSummary>(
    db,
    sql`
      select
        count(*) filter (where failed_at is null)::integer as waiting,
        count(*) filter (where failed_at is not null)::integer as parked,
        coalesce(extract(epoch from now() - min(created_at) filter (where failed_at is null)), 0)::float8
          as "oldestSeconds"
      from auth_server_outbox
    `,
  );
  return row ?? { waiting: 0, parked: 0, oldestSeconds: 0 };
}
