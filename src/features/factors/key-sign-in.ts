import { type AttemptOutcome, type ObserveAttempt, observeAttempt } from '../../authentication/attempts.js';
import type { BegunSignIn } from '../../authentication/begun-sign-in.js';
import type { PasswordRule } from '../../authentication/credentials.js';
import type { Identity, IdentityStore } from '../../authentication/identity.js';
import { ValidationError } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import type { AssertionResponse, RequestOptions } from '../../platform/webauthn/schemas.js';
import type { Login } from '../accounts/index.js';
import type { KeyCheck, KeyOutcome, KeyRefusal } from './key-check.js';
import { STALE } from './key-service.js';

export interface KeySignInDeps {
  readonly keys: KeyCheck;
  readonly identities: Pick<IdentityStore, 'byId'>;
  readonly begunSignIn: BegunSignIn;
  /** The last step of every login. */
  readonly enter: Login['enter'];
  /** Null if every account may sign in without an identity provider. */
  readonly passwordRule: PasswordRule | null;
  /** Null unless accounts come from a directory. */
  readonly directory: DirectoryStanding | null;
  /** Told how each sign-in without a password ended. */
  readonly observe: ObserveAttempt;
}

/** Whether a directory, which keeps the passwords of its people, still lets them in. */
export interface DirectoryStanding {
  /**
   * @returns `local` for an account with a password of its own; `unknown` if this server does not ask the directory
   *   about people without their password
   * @throws ServiceUnavailable if it cannot be asked
   */
  readonly standingOf: (userId: number) => Promise<'local' | 'admitted' | 'refused' | 'unknown'>;
}

type Entered = Awaited<ReturnType<Login['enter']>>;

const NOT_BEGUN = 'This sign-in is too old, or began in another browser. Sign in again.';
const COPIED =
  'This key was refused: its counter went back, so there may be a copy of it. Sign in in another way, remove the key, and tell an administrator.';
/** The same for a key that nobody has and for one whose account may not enter. */
const UNKNOWN = 'This passkey opens no account here. Sign in in another way.';
const WRONG_KEY = 'The key was refused. Try it again, or use another one.';
const PASSWORDS_OFF = 'Passkeys are turned off for this account: sign in at your identity provider.';
const DIRECTORY_ASKS =
  'Your directory checks people by their password alone: sign in with it, and use the key as second factor.';

const SENTENCES: Readonly<Record<KeyRefusal, string>> = { stale: STALE, wrong: WRONG_KEY, copied: COPIED };
/** For the log. */
const REASONS: Readonly<Record<KeyRefusal, string>> = {
  stale: 'the challenge of the key is too old, was used before, or belongs to another browser',
  wrong: 'the key is unknown or its answer is wrong',
  copied: 'the counter of the key went back',
};

/** @returns the refusal of a key, which is in the log then. @param account whose key was expected, or answered */
export function refuseKey(
  exchange: Exchange,
  kind: KeyRefusal,
  account: number | null,
  sentence = SENTENCES[kind],
): ValidationError {
  exchange.report(kind === 'copied' ? 'factor.copied' : 'factor.refused', { account });
  return new ValidationError({ credential: [sentence] });
}

/** Signing in with a key: in place of a code, or of everything. */
export function createKeySignIn(deps: KeySignInDeps) {
  const { keys, identities } = deps;

  /** @throws ValidationError without a sign-in that has begun in this browser */
  const requireBegun = async (exchange: Exchange): Promise<Identity> => {
    const identity = await deps.begunSignIn.read(exchange);
    if (identity === undefined || !identity.account.isActive)
      throw new ValidationError({ non_field_errors: [NOT_BEGUN] });
    return identity;
  };

  /** @returns what the browser needs for the second step of a sign-in. @throws ValidationError */
  const beginStep = async (exchange: Exchange): Promise<RequestOptions> => {
    const { account } = await requireBegun(exchange);
    return keys.requestOptions(exchange, { kind: 'second-step', userId: account.id });
  };

  /** Finishes a sign-in that has begun in this browser. @throws ValidationError */
  const finishStep = async (exchange: Exchange, credential: AssertionResponse): Promise<Entered> => {
    const identity = await requireBegun(exchange);
    const { id } = identity.account;
    const { kind } = await keys.verify(exchange, credential, { kind: 'second-step', userId: id });
    if (kind !== 'right') {
      exchange.report('login.failed', { account: id, way: 'login', reason: REASONS[kind] });
      throw refuseKey(exchange, kind, id);
    }
    deps.begunSignIn.end(exchange);
    return deps.enter(exchange, identity, true);
  };

  /** @returns what the browser needs for a sign-in without a password: the same for everybody */
  const begin = (exchange: Exchange): Promise<RequestOptions> =>
    keys.requestOptions(exchange, { kind: 'sign-in', userId: null });

  /** Signs in with a passkey alone. @throws ValidationError; ServiceUnavailable if the directory cannot be asked */
  const finish = (exchange: Exchange, credential: AssertionResponse): Promise<Entered> =>
    observeAttempt(signIn(exchange, credential), outcomeOf, (outcome) => deps.observe('passkey', outcome));

  const signIn = async (exchange: Exchange, credential: AssertionResponse): Promise<Entered> => {
    const outcome = await keys.verify(exchange, credential, { kind: 'sign-in', userId: null });
    if (outcome.kind !== 'right') throw refusalOf(exchange, outcome.kind, outcome);
    const { userId } = outcome;
    await requirePermission(exchange, userId);
    const identity = await identities.byId(userId, { kind: 'absent' });
    if (identity === undefined || !identity.account.isActive)
      throw failed(exchange, userId, { reason: 'the account is inactive', sentence: UNKNOWN });
    return deps.enter(exchange, identity, true, 'passkey');
  };

  /** A passkey is no way around what decides about passwords. @throws ValidationError, ServiceUnavailable */
  const requirePermission = async (exchange: Exchange, userId: number): Promise<void> => {
    const rule = deps.passwordRule === null ? 'allowed' : await deps.passwordRule(userId);
    if (rule === 'refused')
      throw failed(exchange, userId, { reason: 'passwords are turned off', sentence: PASSWORDS_OFF });
    if (rule === 'break-glass') exchange.report('login.break_glass', { account: userId, way: 'passkey' });
    const standing = await deps.directory?.standingOf(userId);
    if (standing === 'unknown')
      throw failed(exchange, userId, {
        reason: 'the directory needs the password',
        sentence: DIRECTORY_ASKS,
      });
    if (standing === 'refused')
      throw failed(exchange, userId, { reason: 'the directory refuses the user', sentence: UNKNOWN });
  };

  return { beginStep, finishStep, begin, finish };
}

export type KeySignIn = ReturnType<typeof createKeySignIn>;

interface Failure {
  /** For the log. */
  readonly reason: string;
  readonly sentence: string;
}

function failed(exchange: Exchange, account: number | null, { reason, sentence }: Failure): ValidationError {
  exchange.report('login.failed', { account, way: 'passkey', reason });
  return new ValidationError({ credential: [sentence] });
}

function refusalOf(exchange: Exchange, kind: KeyRefusal, { userId }: KeyOutcome): ValidationError {
  if (kind === 'copied') exchange.report('factor.copied', { account: userId });
  const sentence = kind === 'wrong' ? UNKNOWN : SENTENCES[kind];
  return failed(exchange, userId, { reason: REASONS[kind], sentence });
}

const outcomeOf = ({ kind }: Entered): AttemptOutcome => (kind === 'token' ? 'succeeded' : 'refused');
