import type { Request, Response } from 'express';
import { type AugmentedRequest, rateLimit, type Store } from 'express-rate-limit';
import { type Clock, SECOND } from '../../kernel/clock.js';
import { Throttled } from '../../kernel/errors.js';
import type { LimitName } from '../../kernel/refusals.js';
import type { Rate } from '../config/fields.js';
import type { RateStore } from './rate-store.js';

export type RequestLimit = (req: Request, res: Response) => Promise<void>;

const INFO = 'rateLimit';
const LIMIT: LimitName = 'throttle_anon';

/**
 * The limit on requests without credentials: express-rate-limit on top of the sliding log.
 *
 * @param keyOf returns the client that a request counts for
 * @returns a check that throws `Throttled` with the wait of DRF's algorithm
 */
export function createRequestLimit(
  rate: Rate,
  rates: RateStore,
  clock: Clock,
  keyOf: (req: Request) => string,
): RequestLimit {
  const limiter = rateLimit({
    limit: rate.limit,
    windowMs: rate.periodSeconds * SECOND,
    store: slidingStore(rate, rates, clock),
    keyGenerator: keyOf,
    requestPropertyName: INFO,
    standardHeaders: false,
    legacyHeaders: false,
    validate: false,
    handler: (req, _res, next) => {
      const resetTime = (req as AugmentedRequest)[INFO]?.resetTime?.getTime() ?? clock.now();
      next(new Throttled((resetTime - clock.now()) / SECOND, LIMIT));
    },
  });
  return (req, res) =>
    new Promise((resolve, reject) => {
      limiter(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
    });
}

/**
 * The sliding log as express-rate-limit's store: the store counts, and the limiter compares the count with the limit.
 */
const slidingStore = (rate: Rate, rates: RateStore, clock: Clock): Store => ({
  increment: async (key) => {
    const { hits, waitSeconds } = await rates.take(key, rate);
    return { totalHits: hits, resetTime: new Date(clock.now() + waitSeconds * SECOND) };
  },
  // Only for limiters that take attempts back, which this one does not (`skipFailedRequests`).
  decrement: () => {},
  resetKey: (key) => rates.forget(key),
});
