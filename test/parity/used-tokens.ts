import type { Database } from '../../src/platform/db/pool.js';
import { execute } from '../../src/platform/db/queryable.js';
import { sql } from '../../src/platform/db/sql.js';
import type { GoldenCase, Step } from './grammar.js';
import { parsed } from './requests.js';

/**
 * The recording put its world back after writes only: which personal access tokens had been used already when a case
 * began is seen in CVAT's own answer.
 */

/** The tokens of user1, which the recording used all the time: what a filter over the last use leaves out can't show it. */
const USED_OFTEN = [26, 28];

/** @returns the ids of the tokens that were in use before this case, not by it */
export function tokensUsedBefore({ steps }: GoldenCase): readonly number[] {
  const [first] = steps;
  if (first === undefined || !first.path.startsWith('/api/auth/access_tokens')) return [];
  const own = ownToken(first);
  const shown = first.path.includes('filter=') && first.path.includes('last_used_date') ? USED_OFTEN : [];
  return [...new Set([...shown, ...idsShownAsUsed(parsed(first.expect.body))])].filter((id) => id !== own);
}

export async function markUsed(db: Database, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await execute(
    db,
    sql`update access_tokens_accesstoken set last_used_date = now() where id = any (${[...ids]})`,
  );
}

/** Prefixes in the world carry the id. */
function ownToken({ authorization, headers = [] }: Step): number | undefined {
  const credentials = [authorization, ...headers.map(([, value]) => value)];
  const [id] = credentials.flatMap((value) =>
    typeof value === 'string' ? (value.match(/^Bearer PAT(\d{5})\./i)?.slice(1) ?? []) : [],
  );
  return id === undefined ? undefined : Number(id);
}

function idsShownAsUsed(body: unknown): number[] {
  if (typeof body !== 'object' || body === null) return [];
  const { id, last_used_date: lastUsed, results } = body as Record<string, unknown>;
  if (Array.isArray(results)) return results.flatMap(idsShownAsUsed);
  return typeof id === 'number' && lastUsed === '<now>' ? [id] : [];
}
