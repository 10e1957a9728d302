import { Throttled } from '../kernel/errors.js';
import type { LimitName } from '../kernel/refusals.js';
import type { Rate } from '../platform/config/fields.js';
import { clientKey } from '../platform/http/client-address.js';
import type { RateStore } from '../platform/throttle/rate-store.js';

export interface FailureRates {
  readonly perAddress: Rate | null;
  readonly perAccount: Rate | null;
  readonly perAccountAndAddress: Rate | null;
}

/** An attempt to sign in: the account that the name resolves to (or the name itself), and the client's address. */
export interface Attempt {
  readonly account: string;
  readonly address: string;
}

/** One of the sliding logs that an attempt counts in. */
interface FailureLog {
  readonly limit: LimitName;
  readonly key: string;
  readonly rate: Rate;
  /** Known addresses are exempt. */
  readonly spared: boolean;
}

/** How long an address counts as known to the account after a success: the period of a rate, so 30 days. */
const KNOWN_ADDRESS: Rate = { limit: 1, periodSeconds: 30 * 86_400 };

/**
 * Counts wrong passwords for login and Basic together (deviation 9; OWASP ASVS 5.0 6.3.1). There are three sliding
 * logs: per address, against spraying; per account and address, against guessing; per account, against guessing from
 * many addresses. The first and the last exempt accounts that have signed in from the address before: nobody can lock
 * the owner out, neither from elsewhere nor from the same network. There, the second log limits guesses.
 */
export function createFailureLimit(rates: FailureRates, store: RateStore) {
  const logs = ({ account, address }: Attempt): readonly FailureLog[] => {
    const all: readonly (Omit<FailureLog, 'rate'> & { readonly rate: Rate | null })[] = [
      {
        limit: 'login_failures_per_address',
        key: `fail:ip:${clientKey(address)}`,
        rate: rates.perAddress,
        spared: true,
      },
      {
        limit: 'login_failures_per_account_and_address',
        key: `fail:pair:${account}:${clientKey(address)}`,
        rate: rates.perAccountAndAddress,
        spared: false,
      },
      {
        limit: 'login_failures_per_account',
        key: `fail:account:${account}`,
        rate: rates.perAccount,
        spared: true,
      },
    ];
    return all.filter((log): log is FailureLog => log.rate !== null);
  };

  const knownKey = ({ account, address }: Attempt): string => `known:${account}:${clientKey(address)}`;

  const isKnown = async (attempt: Attempt): Promise<boolean> =>
    !(await store.peek(knownKey(attempt), KNOWN_ADDRESS)).allowed;

  /** @throws Throttled at the first log that is full */
  const pass = async (attempt: Attempt, ask: 'peek' | 'take'): Promise<void> => {
    for (const { limit, key, rate, spared } of logs(attempt)) {
      const { allowed, waitSeconds } = await store[ask](key, rate);
      if (!allowed && !(spared && (await isKnown(attempt)))) throw new Throttled(waitSeconds, limit);
    }
  };

  return {
    /**
     * Called before anything is hashed, and again before a right password is accepted: if many guesses are sent at
     * once, those beyond the limit must not learn which one was right.
     *
     * @throws Throttled
     */
    check: (attempt: Attempt): Promise<void> => pass(attempt, 'peek'),

    /** @throws Throttled if concurrent attempts have used up the limit meanwhile */
    failed: (attempt: Attempt): Promise<void> => pass(attempt, 'take'),

    /** Remembers the address, starting now, and forgets its failures for the account. */
    succeeded: async (attempt: Attempt): Promise<void> => {
      await store.forget(knownKey(attempt));
      await store.take(knownKey(attempt), KNOWN_ADDRESS);
      await store.forget(`fail:pair:${attempt.account}:${clientKey(attempt.address)}`);
    },
  };
}

export type FailureLimit = ReturnType<typeof createFailureLimit>;
