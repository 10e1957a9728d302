import { execute, one, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/** A sign-in whose person is at the provider, or a one-time code. */
export interface Attempt {
  readonly kind: 'attempt' | 'code';
  readonly provider: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly next: string | null;
  readonly isForUi: boolean;
  /** The account that the code signs in, or to which the attempt links an identity; null for a sign-in. */
  readonly userId: number | null;
  /** When the provider had asked for a second factor, in milliseconds; null if it did not, or is not trusted for it. */
  readonly factorAt: number | null;
}

/** What the browser holds: both are hashes. */
export interface AttemptKey {
  readonly token: Buffer;
  readonly browser: Buffer;
}

/** Stores an attempt, and deletes those that are older than `since`. */
export async function insertAttempt(
  db: Queryable,
  { token, browser }: AttemptKey,
  attempt: Attempt,
  { now, since }: { readonly now: Date; readonly since: Date },
): Promise<void> {
  await execute(db, sql`delete from auth_server_sign_ons where created_at < ${since}`);
  await execute(
    db,
    sql`
      insert into auth_server_sign_ons
        (token_hash, kind, provider, browser_hash, nonce, verifier, next, is_for_ui, user_id, factor_at,
         created_at)
      values
        (${token}, ${attempt.kind}, ${attempt.provider}, ${browser}, ${attempt.nonce}, ${attempt.verifier},
         ${attempt.next}, ${attempt.isForUi}, ${attempt.userId},
         ${attempt.factorAt === null ? null : new Date(attempt.factorAt)}, ${now})`,
  );
}

/**
 * Takes an attempt of a browser. Of several concurrent calls, one gets it.
 *
 * @param since older attempts do not count
 */
export const takeAttempt = (
  db: Queryable,
  { token, browser }: AttemptKey,
  { kind, provider }: Pick<Attempt, 'kind' | 'provider'>,
  since: Date,
): Promise<Attempt | undefined> =>
  one<Attempt>(
    db,
    sql`
      delete from auth_server_sign_ons
      where token_hash = ${token} and browser_hash = ${browser} and kind = ${kind} and provider = ${provider}
        and created_at >= ${since}
      returning kind, provider, nonce, verifier, next, is_for_ui as "isForUi", user_id as "userId",
        extract(epoch from factor_at)::float8 * 1000 as "factorAt"`,
  );
