import { type Clock, dateOf } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Timestamp } from '../../kernel/timestamp.js';
import type { Database } from '../../platform/db/pool.js';
import { found } from '../../platform/http/objects.js';
import { findApiToken, removeApiToken, replaceApiToken } from './api-token-repository.js';

export interface ApiTokenServiceDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
}

/** DRF's `Token.generate_key`: 20 random bytes as 40 hexadecimal digits. */
export const newApiTokenKey = (random: Random): string => random.bytes(20).toString('hex');

/** Seeing, replacing and ending the API token of an account, which CVAT has no page and no operation for. */
export function createApiTokenService({ db, clock, random }: ApiTokenServiceDeps) {
  return {
    /** @returns when it was made; undefined without one */
    find: (userId: number): Promise<Timestamp | undefined> => findApiToken(db, userId),

    /** Ends the token and makes another one. @returns its key. @throws NotFound when the account is gone */
    rotate: async (userId: number): Promise<string> => {
      const key = newApiTokenKey(random);
      const isDone = await db.transaction((tx) => replaceApiToken(tx, userId, key, dateOf(clock)));
      found(isDone || undefined, 'User');
      return key;
    },

    /** Ends the token. The next login makes another one. @returns whether there was one */
    revoke: (userId: number): Promise<boolean> => removeApiToken(db, userId),
  };
}

export type ApiTokenService = ReturnType<typeof createApiTokenService>;
