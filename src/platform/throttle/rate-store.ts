import { LRUCache } from 'lru-cache';
import type { Clock } from '../../kernel/clock.js';
import { Throttled } from '../../kernel/errors.js';
import type { LimitName } from '../../kernel/refusals.js';
import type { Rate } from '../config/fields.js';
import type { RedisClient } from '../redis/client.js';

export interface RateDecision {
  readonly allowed: boolean;
  /** Attempts in the window, including this one. */
  readonly hits: number;
  /** Seconds until the oldest entry leaves the window; 0 if allowed. */
  readonly waitSeconds: number;
}

/**
 * DRF's sliding log (`SimpleRateThrottle`): timestamps within the period count, and a refused attempt is not recorded.
 * `take` records an attempt if it is allowed, `peek` only reads, `forget` clears the log. After the clock is set back,
 * an attempt that now lies in the future counts as one of this moment: no wait is longer than the period.
 */
export interface RateStore {
  readonly take: (key: string, rate: Rate) => Promise<RateDecision>;
  readonly peek: (key: string, rate: Rate) => Promise<RateDecision>;
  readonly forget: (key: string) => Promise<void>;
}

/**
 * Counts one attempt.
 *
 * @param limit the name of the limit
 * @param key whose attempts it counts
 * @param rate null for no limit
 * @throws Throttled
 */
export async function requireRate(
  store: RateStore,
  limit: LimitName,
  key: string,
  rate: Rate | null,
): Promise<void> {
  const decision = rate === null ? undefined : await store.take(key, rate);
  if (decision?.allowed === false) throw new Throttled(decision.waitSeconds, limit);
}

const MAXIMUM_KEYS = 100_000;

/** The log of one process. */
export function createMemoryRateStore(clock: Clock): RateStore {
  // With `max` it would reserve 3 MB for all keys at once.
  const logs = new LRUCache<string, readonly number[]>({ maxSize: MAXIMUM_KEYS, sizeCalculation: () => 1 });

  /** @returns the log of a key; times that are later than now are corrected for good, so that their waits end */
  const readLog = (key: string, now: number): readonly number[] => {
    const times = logs.get(key) ?? [];
    if ((times.at(-1) ?? now) <= now) return times;
    const corrected = times.map((time) => Math.min(time, now));
    logs.set(key, corrected);
    return corrected;
  };

  const decide = (key: string, rate: Rate, record: boolean): RateDecision => {
    const now = clock.now();
    const kept = readLog(key, now).filter((time) => time > now - rate.periodSeconds * 1000);
    const oldest = kept[0];
    const hits = kept.length + 1;
    if (hits > rate.limit && oldest !== undefined)
      return { allowed: false, hits, waitSeconds: waitFor(rate, now, oldest) };
    if (record) logs.set(key, [...kept, now]);
    return { allowed: true, hits, waitSeconds: 0 };
  };

  return {
    take: async (key, rate) => decide(key, rate, true),
    peek: async (key, rate) => decide(key, rate, false),
    forget: async (key) => {
      logs.delete(key);
    },
  };
}

const waitFor = (rate: Rate, now: number, oldest: number): number =>
  (oldest + rate.periodSeconds * 1000 - now) / 1000;

/**
 * One atomic step: corrects the entries that are later than now, drops those that have left the window, then either
 * refuses with the oldest time or records the attempt. Newest first, so that the oldest entry is the last one. Returns
 * the attempts including this one and, for a refusal, the oldest time.
 */
const SLIDING_LOG = `
local now, period, limit, record = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local index = 0
local newest = redis.call('LINDEX', KEYS[1], index)
while newest and tonumber(newest) > now do
  redis.call('LSET', KEYS[1], index, ARGV[1])
  index = index + 1
  newest = redis.call('LINDEX', KEYS[1], index)
end
local oldest = redis.call('LINDEX', KEYS[1], -1)
while oldest and tonumber(oldest) <= now - period do
  redis.call('RPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], -1)
end
local hits = redis.call('LLEN', KEYS[1]) + 1
if hits > limit then return {hits, oldest} end
if record == '1' then
  redis.call('LPUSH', KEYS[1], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], period)
end
return {hits}
`;

/** The log that replicas share. Errors of Redis are passed on. */
export function createRedisRateStore(client: RedisClient, prefix: string, clock: Clock): RateStore {
  const decide = async (key: string, rate: Rate, record: boolean): Promise<RateDecision> => {
    const now = clock.now();
    const args = [now, rate.periodSeconds * 1000, rate.limit, record ? 1 : 0];
    const answer: unknown = await client.eval(SLIDING_LOG, 1, prefix + key, ...args);
    const [hits, oldest] = Array.isArray(answer) ? answer.map(Number) : [];
    if (hits === undefined) throw new TypeError('Redis gave no answer to the script of the sliding log.');
    return oldest === undefined
      ? { allowed: true, hits, waitSeconds: 0 }
      : { allowed: false, hits, waitSeconds: waitFor(rate, now, oldest) };
  };
  return {
    take: (key, rate) => decide(key, rate, true),
    peek: (key, rate) => decide(key, rate, false),
    forget: async (key) => {
      await client.del(prefix + key);
    },
  };
}

/**
 * Milliseconds for which the process counts on its own, so that a hanging Redis does not cost its timeout with every
 * request.
 */
const LOCAL_SPELL = 1000;

/**
 * Limits must not open while Redis is down: the process then counts on its own, and tries Redis again a second later.
 *
 * @param onFallback called once for each such period
 */
export function createFallbackRateStore(
  shared: RateStore,
  local: RateStore,
  onFallback: (error: unknown) => void,
): RateStore {
  let isAway = false;

  const stayLocal = (error: unknown): void => {
    if (isAway) return;
    isAway = true;
    setTimeout(() => {
      isAway = false;
    }, LOCAL_SPELL).unref();
    onFallback(error);
  };

  const orLocally = async <T>(ask: (store: RateStore) => Promise<T>): Promise<T> => {
    if (isAway) return ask(local);
    try {
      return await ask(shared);
    } catch (error) {
      stayLocal(error);
      return ask(local);
    }
  };

  return {
    take: (key, rate) => orLocally((store) => store.take(key, rate)),
    peek: (key, rate) => orLocally((store) => store.peek(key, rate)),
    forget: (key) => orLocally((store) => store.forget(key)),
  };
}
