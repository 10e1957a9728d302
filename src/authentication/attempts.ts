import type { Caller } from '../kernel/account.js';
import {
  AuthenticationFailed,
  PermissionDenied,
  ServiceUnavailable,
  Throttled,
  ValidationError,
} from '../kernel/errors.js';
import type { ChainChecks } from './chain.js';

/** How people prove who they are: at the login, or with the credentials of a request. */
export const WAYS = ['login', 'passkey', 'sign-on', 'basic', 'session', 'token', 'access-token'] as const;
export type Way = (typeof WAYS)[number];

/** `limited`: a limit refused it; `unavailable`: a service that it needs is down, or the queue of hashes is full. */
export const ATTEMPT_OUTCOMES = ['succeeded', 'refused', 'limited', 'unavailable'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** Told of every attempt. Must not throw. */
export type ObserveAttempt = (way: Way, outcome: AttemptOutcome) => void;

/**
 * Tells an observer how an attempt ended. Errors that tell nothing about the credentials, such as a client that
 * disconnected, are not reported.
 *
 * @param outcomeOf the outcome of a result; undefined if there was nothing to check
 * @returns the result. @throws the errors of the attempt
 */
export async function observeAttempt<T>(
  attempt: Promise<T>,
  outcomeOf: (result: T) => AttemptOutcome | undefined,
  observe: (outcome: AttemptOutcome) => void,
): Promise<T> {
  let outcome: AttemptOutcome | undefined;
  try {
    const result = await attempt;
    outcome = outcomeOf(result);
    return result;
  } catch (error) {
    outcome = outcomeOfError(error);
    throw error;
  } finally {
    if (outcome !== undefined) observe(outcome);
  }
}

function outcomeOfError(error: unknown): AttemptOutcome | undefined {
  if (error instanceof Throttled) return 'limited';
  if (error instanceof ServiceUnavailable) return 'unavailable';
  const isRefusal =
    error instanceof AuthenticationFailed ||
    error instanceof PermissionDenied ||
    error instanceof ValidationError;
  return isRefusal ? 'refused' : undefined;
}

const foundCaller = (caller: Caller | undefined): AttemptOutcome | undefined =>
  caller === undefined ? undefined : 'succeeded';

/** @returns the same checks, each of which tells the observer how it ended */
export const observeChecks = (checks: ChainChecks, observe: ObserveAttempt): ChainChecks => ({
  token: (req, key) =>
    observeAttempt(checks.token(req, key), foundCaller, (outcome) => observe('token', outcome)),
  accessToken: (req, key) =>
    observeAttempt(checks.accessToken(req, key), foundCaller, (outcome) => observe('access-token', outcome)),
  session: (req) =>
    observeAttempt(checks.session(req), foundCaller, (outcome) => observe('session', outcome)),
  basic: (req, credentials) =>
    observeAttempt(checks.basic(req, credentials), foundCaller, (outcome) => observe('basic', outcome)),
});
