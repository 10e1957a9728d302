import type { TokenUse } from '../../authentication/access-tokens.js';
import { execute, type Queryable } from '../../platform/db/queryable.js';
import { sql } from '../../platform/db/sql.js';

/**
 * Records the use of an access token, unless another request has done so since (CVAT's compare-and-set update) or is
 * doing so now: a locked row is left to the next use, so that no connection waits for it.
 */
export const recordAccessTokenUse = (db: Queryable, { tokenId, previous, now, address }: TokenUse) =>
  execute(
    db,
    sql`
      with free as (
        select id from access_tokens_accesstoken
        where id = ${tokenId} and last_used_date is not distinct from ${previous}::timestamptz
        for no key update skip locked
      ),
      used as (
        update access_tokens_accesstoken a set last_used_date = ${now} from free where a.id = free.id returning a.id
      )
      insert into auth_server_access_tokens (token_id, last_used_ip) select id, ${address} from used
      on conflict (token_id) do update set last_used_ip = excluded.last_used_ip`,
  );

export const upgradeAccessTokenHash = (db: Queryable, id: number, from: string, to: string) =>
  execute(
    db,
    sql`update access_tokens_accesstoken set hashed_key = ${to} where id = ${id} and hashed_key = ${from}`,
  );
