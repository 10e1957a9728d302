import { type Clock, dateOf } from '../../kernel/clock.js';
import { NotAuthenticated } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import { challengeOf } from '../../platform/http/pipeline.js';
import { ensureApiToken, newApiTokenKey } from '../users/index.js';

export interface ApiTokenDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * @returns a function that returns the API token of an account, created if it had none
 * @throws NotAuthenticated if the account has just been deleted
 */
export const createApiTokenOf =
  ({ db, clock, random }: ApiTokenDeps) =>
  async (userId: number): Promise<string> => {
    const key = await ensureApiToken(db, userId, newApiTokenKey(random), dateOf(clock));
    if (key === undefined) throw new NotAuthenticated(challengeOf('all'));
    return key;
  };
