import type { z } from 'zod';
import type { CredentialCheck, VerifiedLogin } from '../../authentication/credentials.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { type ApiError, ServiceUnavailable, ValidationError } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { isTruthy } from '../../platform/http/lists/python-text.js';
import { checkFields, requireObject } from '../../platform/http/validate.js';
import { findApiTokenKey, newApiTokenKey, recordLogin } from '../users/index.js';
import { findAddressOwners } from './registration-repository.js';
import { LoginWrite } from './schemas.js';

/** CVAT's own sentence for an address that does not mean exactly one user. */
const UNKNOWN_EMAIL = ['Unable to login with provided credentials'];
const MUST_INCLUDE = ['Must include either "username" or "email" and "password".'];
const WRONG = { non_field_errors: ['Unable to log in with provided credentials.'] };

export interface LoginDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly identities: IdentityStore;
  readonly checkCredentials: CredentialCheck;
  readonly sessions: Sessions;
  readonly emailVerificationIsMandatory: boolean;
  /** Sends the confirmation link again, within its cooldown. */
  readonly mailConfirmation: (userId: number) => Promise<void>;
  /** A database that only reads keeps nobody out; what could not be noted is logged. */
  readonly onWriteError: (error: unknown) => void;
}

/** For the log. */
const UNCONFIRMED = 'the address is not confirmed';

type LoginBody = Partial<z.output<typeof LoginWrite>>;

/** The answer to right credentials of an account whose address waits for confirmation. */
export type LoginOutcome = { readonly kind: 'token'; readonly key: string } | { readonly kind: 'unverified' };

/**
 * CVAT's login: dj-rest-auth's serializer, and on any of its errors a second look with the values as they were sent,
 * whose own errors win. Here the second look asks for no second hash.
 */
export function createLogin(deps: LoginDeps) {
  const { db, clock, random, identities, sessions } = deps;

  /** @throws ValidationError, Throttled, ServiceUnavailable */
  const login = async (exchange: Exchange, body: unknown): Promise<LoginOutcome> => {
    const fields = readFields(body);
    if (!fields.good) throw await secondLook(fields.raw, new ValidationError(fields.errors));
    const { username = '', email = '', password = '' } = fields.values;
    if (email === '' && username === '') throw new ValidationError(MUST_INCLUDE);
    const owners = email === '' ? 1 : (await findAddressOwners(db, email)).length;
    // An address that nobody has, or more than one account, is a failure like others, in its cost and for the limit.
    const match = await deps.checkCredentials({
      ...(email === '' ? { username } : { email }),
      password,
      client: exchange.client,
      way: 'login',
      report: exchange.report,
      isRefused: owners > 1,
    });
    if (match === undefined) throw new ValidationError(owners === 1 ? WRONG : UNKNOWN_EMAIL);
    return open(exchange, match);
  };

  const open = async (exchange: Exchange, match: VerifiedLogin): Promise<LoginOutcome> => {
    const identity = await identities.byId(match.userId, { kind: 'absent' });
    if (identity === undefined || !identity.account.isActive) throw new ValidationError(WRONG);
    if ((deps.emailVerificationIsMandatory && !identity.hasVerifiedEmail) || identity.awaitsProof) {
      await deps.mailConfirmation(match.userId);
      exchange.report('login.failed', { account: match.userId, way: 'login', reason: UNCONFIRMED });
      return { kind: 'unverified' };
    }
    const key = await noteLogin(match.userId);
    await sessions.login(exchange, identity);
    exchange.userId = match.userId;
    exchange.report('login.succeeded', { account: match.userId, way: 'login' });
    return { kind: 'token', key };
  };

  /** @returns the API token of the account, made if it had none */
  const noteLogin = async (userId: number): Promise<string> => {
    const newKey = newApiTokenKey(random);
    try {
      const key =
        (await recordLogin(db, userId, newKey, dateOf(clock))) ?? (await findApiTokenKey(db, userId));
      if (key !== undefined) return key;
      throw new TypeError(`User ${userId} is gone.`);
    } catch (error) {
      const key = isReadOnly(error) ? await findApiTokenKey(db, userId) : undefined;
      if (key === undefined) throw error;
      deps.onWriteError(error);
      return key;
    }
  };

  /** CVAT's second look at the raw values. @returns its error, or the first one when it finds nothing else to say */
  const secondLook = async (raw: Readonly<Record<string, unknown>>, first: ApiError): Promise<ApiError> => {
    const { username, email, password } = raw;
    if (isTruthy(email)) {
      if (typeof email !== 'string') return new ValidationError(UNKNOWN_EMAIL);
      if (email.includes('\0') || (await findAddressOwners(db, email)).length !== 1)
        return new ValidationError(UNKNOWN_EMAIL);
      return isTruthy(password) ? first : new ValidationError(MUST_INCLUDE);
    }
    return isTruthy(username) && isTruthy(password) ? first : new ValidationError(MUST_INCLUDE);
  };

  return { login, noteLogin };
}

export type Login = ReturnType<typeof createLogin>;

type Fields =
  | { readonly good: true; readonly values: LoginBody }
  | {
      readonly good: false;
      readonly raw: Readonly<Record<string, unknown>>;
      readonly errors: Record<string, readonly string[]>;
    };

/** A list has no `get`, so CVAT finds nothing in it; any other value that is no object keeps DRF's error. */
function readFields(body: unknown): Fields {
  if (Array.isArray(body)) return { good: false, raw: {}, errors: {} };
  requireObject(body);
  const { values, errors } = checkFields(LoginWrite, body);
  if (Object.keys(errors).length === 0) return { good: true, values };
  return { good: false, raw: body, errors: errors as Record<string, readonly string[]> };
}

/** SQLSTATE 25006: the server takes no writes. */
const isReadOnly = (error: unknown): boolean => {
  const cause = error instanceof ServiceUnavailable ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === '25006';
};
