import type { z } from 'zod';
import { type AttemptOutcome, type ObserveAttempt, observeAttempt } from '../../authentication/attempts.js';
import type { CredentialCheck, VerifiedLogin } from '../../authentication/credentials.js';
import type { IdentityStore } from '../../authentication/identity.js';
import type { LoginMethod } from '../../authentication/login-method.js';
import { SecondFactorNeeded } from '../../authentication/second-factor.js';
import type { Caller } from '../../kernel/account.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { checkFields } from '../../platform/http/validate.js';
import { isObject } from '../../platform/values/json.js';
import { isTruthy } from '../../platform/values/python-text.js';
import { removeApiToken } from '../users/index.js';
import { createEntering, type EnteringDeps, type LoginOutcome } from './entering.js';
import { findAddressOwners } from './registration-repository.js';
import { LoginWrite } from './schemas.js';
import { createSecondStep, type SecondStepDeps } from './second-step.js';

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

export interface LoginDeps extends EnteringDeps, SecondStepDeps {
  readonly identities: IdentityStore;
  readonly checkCredentials: CredentialCheck;
  readonly method: LoginMethod;
  /** A Markdown sentence after each refusal: where people of an identity provider sign in. Empty without one. */
  readonly otherWay: string;
  /** Told how each login ended. */
  readonly observe: ObserveAttempt;
}

type RawFields = Readonly<Record<string, unknown>>;

/** The fields, and their raw values. */
export type LoginFields = Partial<z.output<typeof LoginWrite>> & { readonly raw: RawFields };

/**
 * CVAT's login: dj-rest-auth's serializer, and after any of its errors a second check of the raw values, whose own
 * errors win; if the body is not an object, it sees no values. Here the second check needs no second hash.
 */
export function createLogin(deps: LoginDeps) {
  const { db, identities } = deps;
  const { enter, noteLogin } = createEntering(deps);
  const { askForCode, askToEnrol, finish } = createSecondStep({ ...deps, enter });

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
      if (error instanceof SecondFactorNeeded) throw await askForCode(exchange, error);
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
    // It was set up while the password was checked.
    if (identity.hasFactor && !match.usedFactor) throw new SecondFactorNeeded(match.userId, 'missing');
    if (identity.lacksFactor) throw askToEnrol(exchange, identity);
    return enter(exchange, identity, match.usedFactor);
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

  return { readFields, login, finish, enter, noteLogin, endToken };
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
