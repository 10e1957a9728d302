import { Throttled } from '../kernel/errors.js';
import type { Rate } from '../platform/config/fields.js';
import type { RateStore } from '../platform/throttle/rate-store.js';

export interface FailureRates {
  readonly perAddress: Rate | null;
  readonly perAccount: Rate | null;
  readonly perAccountAndAddress: Rate | null;
}

/** Who tries to get in: the account that the name resolves to (or the name itself), from where. */
export interface Attempt {
  readonly account: string;
  readonly address: string;
}

/** How long an address counts as one of the account's own after a success: a rate's period, so 30 days. */
const KNOWN_ADDRESS: Rate = { limit: 1, periodSeconds: 30 * 86_400 };

/**
 * Counts wrong passwords, shared by login and Basic (deviation 9; OWASP ASVS 5.0 6.3.1). Three sliding logs: per
 * address, against spraying; per account and address, against guessing; per account, against guessing from many
 * addresses. The last one exempts addresses from which the account signed in before, so that nobody can lock the
 * owner out.
 */
export function createFailureLimit(rates: FailureRates, store: RateStore) {
  const logs = (attempt: Attempt): readonly { key: string; rate: Rate; spared: boolean }[] =>
    [
      { key: `fail:ip:${networkOf(attempt.address)}`, rate: rates.perAddress, spared: false },
      {
        key: `fail:pair:${attempt.account}:${networkOf(attempt.address)}`,
        rate: rates.perAccountAndAddress,
        spared: false,
      },
      { key: `fail:account:${attempt.account}`, rate: rates.perAccount, spared: true },
    ].filter((log): log is { key: string; rate: Rate; spared: boolean } => log.rate !== null);

  const knownKey = ({ account, address }: Attempt): string => `known:${account}:${networkOf(address)}`;

  const isKnown = async (attempt: Attempt): Promise<boolean> =>
    !(await store.peek(knownKey(attempt), KNOWN_ADDRESS)).allowed;

  /** @throws Throttled at the first log that is full */
  const pass = async (attempt: Attempt, ask: 'peek' | 'take'): Promise<void> => {
    for (const { key, rate, spared } of logs(attempt)) {
      const { allowed, waitSeconds } = await store[ask](key, rate);
      if (!allowed && !(spared && (await isKnown(attempt)))) throw new Throttled(waitSeconds);
    }
  };

  return {
    /**
     * Asked before anything is hashed, and again before a password that was right is let in: of many guesses sent at
     * once, those beyond the limit must not learn which one was.
     *
     * @throws Throttled
     */
    check: (attempt: Attempt): Promise<void> => pass(attempt, 'peek'),

    /** @throws Throttled when others sent at the same time have used up the limit meanwhile */
    failed: (attempt: Attempt): Promise<void> => pass(attempt, 'take'),

    /** Remembers the address, from now on, and forgets its failures for the account. */
    succeeded: async (attempt: Attempt): Promise<void> => {
      await store.forget(knownKey(attempt));
      await store.take(knownKey(attempt), KNOWN_ADDRESS);
      await store.forget(`fail:pair:${attempt.account}:${networkOf(attempt.address)}`);
    },
  };
}

export type FailureLimit = ReturnType<typeof createFailureLimit>;

/** An IPv6 client owns a whole /64, so that is what counts. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('%', 1)[0]?.split('::') ?? [];
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return `${[...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
