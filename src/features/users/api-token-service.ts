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

/** Viewing, replacing and revoking the API token of an account. CVAT has neither a page nor an operation for this. */
export function createApiTokenService({ db, clock, random }: ApiTokenServiceDeps) {
  return {
    /** @returns its creation time; undefined without a token */
    find: (userId: number): Promise<Timestamp | undefined> => findApiToken(db, userId),

    /** Replaces the token. @returns the new key. @throws NotFound if the account has been deleted */
    rotate: async (userId: number): Promise<string> => {
      const key = newApiTokenKey(random);
      const isDone = await db.transaction((tx) => replaceApiToken(tx, userId, key, dateOf(clock)));
      found(isDone || undefined, 'User');
      return key;
    },

    /** Revokes the token. The next login creates another one. @returns whether there was one */
    revoke: (userId: number): Promise<boolean> => removeApiToken(db, userId),
  };
}

export type ApiTokenService = ReturnType<typeof createApiTokenService>;
