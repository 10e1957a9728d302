import { execute, many, type Queryable } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';

/** Mails that wait to leave, or were given up. */

export interface OutboxRow {
  readonly recipient: string;
  readonly kind: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly attempts: number;
  readonly isGivenUp: boolean;
  readonly error: string | null;
}

/** @returns oldest first; those to one recipient, or of one kind, if one is named */
export const outboxOf = (db: Queryable, only: { readonly recipient?: string; readonly kind?: string } = {}) =>
  many<OutboxRow>(
    db,
    sql`
      select recipient, kind, subject, body_text as text, body_html as html, attempts,
        failed_at is not null as "isGivenUp", last_error as error
      from auth_server_outbox
      where recipient = coalesce(${only.recipient ?? null}, recipient) and kind = coalesce(${only.kind ?? null}, kind) order by created_at`,
  );

export const emptyOutbox = (db: Queryable) => execute(db, sql`delete from auth_server_outbox`);

/** Mails that wait are due again only after a pause, by the clock of the database. */
export const endMailPauses = (db: Queryable) =>
  execute(db, sql`update auth_server_outbox set due_at = now() where failed_at is null`);

/** Makes every mail that waits older. */
export const ageMails = (db: Queryable, seconds: number) =>
  execute(
    db,
    sql`update auth_server_outbox set created_at = created_at - make_interval(secs => ${seconds}) where failed_at is null`,
  );
