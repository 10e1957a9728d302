import type { OpenSession } from '../../authentication/sessions/opened-sessions.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { NotAuthenticated } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { challengeOf } from '../../platform/http/pipeline.js';
import { removeApiToken } from '../users/index.js';
import { newRecoveryCodes, recoveryHash } from './recovery-codes.js';
import { replaceRecoveryCodes } from './repository.js';

export interface FactorChangeDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'text'>;
  /** @returns false if the session that is to go on was ended meanwhile */
  readonly endOtherSessions: (tx: Queryable, current: OpenSession) => Promise<boolean>;
}

/** What goes with every change of second factors, of either kind. */
export function createFactorChanges({ clock, random, endOtherSessions }: FactorChangeDeps) {
  return {
    /**
     * What was opened with other factors ends: a session or a token of a thief must not outlive the change.
     *
     * @throws NotAuthenticated if the session has ended
     */
    endOthers: async (tx: Queryable, userId: number, current: OpenSession): Promise<void> => {
      if (!(await endOtherSessions(tx, current))) throw new NotAuthenticated(challengeOf('all'));
      await removeApiToken(tx, userId);
    },

    /** Replaces the recovery codes. @returns the new ones, which are shown once */
    giveCodes: async (tx: Queryable, userId: number): Promise<readonly string[]> => {
      const codes = newRecoveryCodes(random);
      const hashes = codes.flatMap((code) => recoveryHash(userId, code) ?? []);
      await replaceRecoveryCodes(tx, userId, hashes, dateOf(clock));
      return codes;
    },
  };
}
