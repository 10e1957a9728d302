import type { z } from 'zod';
import { type AttemptOutcome, type ObserveAttempt, observeAttempt } from '../../authentication/attempts.js';
import type { CredentialCheck, VerifiedLogin } from '../../authentication/credentials.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { LoginMethod } from '../../authentication/login-method.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import type { Caller } from '../../kernel/account.js';
import { type Clock, dateOf } from '../../kernel/clock.js';
import { ServiceUnavailable, ValidationError } from '../../kernel/errors.js';
import type { Random } from '../../kernel/random.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { checkFields } from '../../platform/http/validate.js';
import { isObject } from '../../platform/values/json.js';
import { isTruthy } from '../../platform/values/python-text.js';
import { findApiTokenKey, newApiTokenKey, recordLogin, removeApiToken } from '../users/index.js';
import { findAddressOwners } from './registration-repository.js';
import { LoginWrite } from './schemas.js';

/** CVAT's own sentence for an address that does not belong to exactly one user. */
const UNKNOWN_EMAIL = ['Unable to login with provided credentials'];
const MUST_INCLUDE = ['Must include either "username" or "email" and "password".'];
const MUST_INCLUDE_ONE = {
  username: ['Must include "username" and "password".'],
  email: ['Must include "email" and "password".'],
};
/** CVAT 2.62 `LoginSerializerEx`, for a server that knows only one way to name an account. */
const OTHER_METHOD = {
  username: [otherMethod('email/password', 'username/password')],
  email: [otherMethod('username/password', 'email/password')],
};
const WRONG = 'Unable to log in with provided credentials.';

function otherMethod(tried: string, used: string): string {
  return `Attempt to authenticate with ${tried}. But ${used} are used for authentication on the server. Please check your server configuration ACCOUNT_AUTHENTICATION_METHOD.`;
}

export interface LoginDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly identities: IdentityStore;
  readonly checkCredentials: CredentialCheck;
  readonly sessions: Sessions;
  readonly method: LoginMethod;
  readonly emailVerificationIsMandatory: boolean;
  /** A Markdown sentence after each refusal: where people of an identity provider sign in. Empty without one. */
  readonly otherWay: string;
  /** Sends the confirmation link again, unless its cooldown is running. */
  readonly mailConfirmation: (userId: number) => Promise<void>;
  /** A read-only database does not stop anyone from signing in; what could not be written is logged. */
  readonly onWriteError: (error: unknown) => void;
  /** Told how each login ended. */
  readonly observe: ObserveAttempt;
}

/** For the log. */
const UNCONFIRMED = 'the address is not confirmed';

type RawFields = Readonly<Record<string, unknown>>;

/** The fields, and their raw values. */
export type LoginFields = Partial<z.output<typeof LoginWrite>> & { readonly raw: RawFields };

/** The result for right credentials of an account whose address is unconfirmed. */
export type LoginOutcome = { readonly kind: 'token'; readonly key: string } | { readonly kind: 'unverified' };

/**
 * CVAT's login: dj-rest-auth's serializer, and after any of its errors a second check of the raw values, whose own
 * errors win; if the body is not an object, it sees no values. Here the second check needs no second hash.
 */
export function createLogin(deps: LoginDeps) {
  const { db, clock, random, identities, sessions } = deps;

  /** Reads the body of a request. @throws ValidationError */
  const readFields = async (body: unknown): Promise<LoginFields> => {
    const raw = isObject(body) ? body : {};
    const { values, errors } = checkFields(LoginWrite, raw);
    if (Object.keys(errors).length > 0) throw await secondLook(raw, new ValidationError(errors));
    return { ...values, raw };
  };

  /** @throws ValidationError, Throttled, ServiceUnavailable */
  const login = async (exchange: Exchange, fields: LoginFields): Promise<LoginOutcome> => {
    try {
      return await observeAttempt(firstLook(exchange, fields), outcomeOf, (outcome) =>
        deps.observe('login', outcome),
      );
    } catch (error) {
      throw error instanceof ValidationError ? await secondLook(fields.raw, error) : error;
    }
  };

  const firstLook = async (
    exchange: Exchange,
    { username = '', email: typed = '', password = '' }: LoginFields,
  ): Promise<LoginOutcome> => {
    const email = deps.method === 'username' ? '' : typed;
    if (email === '' && (username === '' || deps.method === 'email'))
      throw new ValidationError({ non_field_errors: MUST_INCLUDE });
    const owners = email === '' || deps.method === 'email' ? 1 : (await findAddressOwners(db, email)).length;
    // An address that belongs to no account, or to several, is a failure like any other, with the same cost and limit.
    const match = await deps.checkCredentials({
      ...(email === '' ? { username } : { email }),
      password,
      client: exchange.client,
      way: 'login',
      report: exchange.report,
      isRefused: owners > 1,
    });
    if (match === undefined) throw new ValidationError(wrongOf(deps));
    return open(exchange, match);
  };

  const open = async (exchange: Exchange, match: VerifiedLogin): Promise<LoginOutcome> => {
    const identity = await identities.byId(match.userId, { kind: 'absent' });
    if (identity === undefined || !identity.account.isActive) throw new ValidationError(wrongOf(deps));
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

  /** @returns the API token of the account, created if it had none */
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

  /** @returns the result of CVAT's second check of the raw values, or the first error if it finds none */
  const secondLook = async (
    { username, email, password }: RawFields,
    first: ValidationError,
  ): Promise<ValidationError> => {
    const { method } = deps;
    if (method !== 'username_email') {
      const [name, other] = method === 'email' ? [email, username] : [username, email];
      if (!isTruthy(name) && isTruthy(other)) return new ValidationError(OTHER_METHOD[method]);
      return isTruthy(name) && isTruthy(password) ? first : new ValidationError(MUST_INCLUDE_ONE[method]);
    }
    if (isTruthy(email) && !(await hasOneOwner(email))) return new ValidationError(UNKNOWN_EMAIL);
    const isComplete = (isTruthy(email) || isTruthy(username)) && isTruthy(password);
    return isComplete ? first : new ValidationError(MUST_INCLUDE);
  };

  const hasOneOwner = async (email: unknown): Promise<boolean> =>
    typeof email === 'string' && !email.includes('\0') && (await findAddressOwners(db, email)).length === 1;

  /** Ends the API token of the caller, which a logout does. */
  const endToken = async (caller: Caller): Promise<void> => {
    if (mayChange(caller)) await removeApiToken(db, caller.account.id);
  };

  return { readFields, login, noteLogin, endToken };
}

export type Login = ReturnType<typeof createLogin>;

/** The same for everybody, so that nobody learns which accounts have a provider. */
const wrongOf = ({ otherWay }: Pick<LoginDeps, 'otherWay'>) => ({
  non_field_errors: [[WRONG, otherWay].filter(Boolean).join(' ')],
});

const outcomeOf = ({ kind }: LoginOutcome): AttemptOutcome => (kind === 'token' ? 'succeeded' : 'refused');

/** A read-only token changes nothing, and a token bound to an organization changes nothing outside of it. */
const mayChange = ({ credential }: Caller): boolean =>
  credential.kind !== 'access-token' || (!credential.readOnly && credential.boundTo === null);

/** SQLSTATE 25006: the server accepts no writes. */
const isReadOnly = (error: unknown): boolean => {
  const cause = error instanceof ServiceUnavailable ? error.cause : error;
  return cause instanceof Error && 'code' in cause && cause.code === '25006';
};
