import type { BegunSignIn } from '../../authentication/begun-sign-in.js';
import type { Identity, IdentityStore } from '../../authentication/identity.js';
import type { SecondFactorNeeded } from '../../authentication/second-factor.js';
import { CodeRequired, EnrolmentRequired, type FactorMeans, ValidationError } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import type { Enter, LoginOutcome } from './entering.js';

export type VerifyFactor = (userId: number, code: string) => Promise<'totp' | 'recovery' | undefined>;

export interface SecondStepDeps {
  readonly identities: Pick<IdentityStore, 'byId'>;
  readonly begunSignIn: BegunSignIn;
  /** Checks a code of a second factor, and uses it up. @returns undefined for a wrong one */
  readonly verifyFactor: VerifyFactor;
  /** @returns what an account has besides recovery codes */
  readonly meansOf: (userId: number) => Promise<FactorMeans>;
  /** The page that asks for the code of a sign-in that has begun; null without pages. */
  readonly codePage: string | null;
  /** The page that goes on with a sign-in whose person has to set up a second factor; null without pages. */
  readonly enrolmentPage: string | null;
}

const WRONG_CODE = 'The code is wrong or too old, or it was used before.';
/** For the log. */
const NO_FACTOR = 'a second factor has to be set up first';
const NOT_BEGUN = 'This sign-in is too old, or began in another browser. Sign in again.';

/** The code of a second factor, after everything else was right. */
export function createSecondStep(deps: SecondStepDeps & { readonly enter: Enter }) {
  const { identities } = deps;

  /** Remembers that the password was right, so that the page asks for the code alone. @returns the refusal */
  const askForCode = async (
    exchange: Exchange,
    { userId, reason }: SecondFactorNeeded,
  ): Promise<ValidationError> => {
    const identity = await identities.byId(userId, { kind: 'absent' });
    if (identity !== undefined) deps.begunSignIn.begin(exchange, identity);
    return new CodeRequired(reason, deps.codePage, await deps.meansOf(userId));
  };

  /** Remembers that the password was right, for a session that can do nothing but set up a factor. @returns the refusal */
  const askToEnrol = (exchange: Exchange, identity: Identity): ValidationError => {
    deps.begunSignIn.begin(exchange, identity);
    exchange.report('login.failed', { account: identity.account.id, way: 'login', reason: NO_FACTOR });
    return new EnrolmentRequired(deps.enrolmentPage);
  };

  /**
   * Finishes a sign-in that has begun in this browser, with a code. An account that has to set up a second factor first
   * needs none: its session can do nothing else.
   *
   * @throws ValidationError without a sign-in, and for a missing or wrong code; Throttled
   */
  const finish = async (exchange: Exchange, code: string | undefined): Promise<LoginOutcome> => {
    const identity = await deps.begunSignIn.read(exchange);
    if (identity === undefined || !identity.account.isActive)
      throw new ValidationError({ non_field_errors: [NOT_BEGUN] });
    const { id } = identity.account;
    if (identity.lacksFactor) {
      deps.begunSignIn.end(exchange);
      return deps.enter(exchange, identity, false);
    }
    if (code === undefined) throw new ValidationError({ code: ['This field is required.'] });
    const kind = await deps.verifyFactor(id, code);
    if (kind === undefined) {
      exchange.report('factor.refused', { account: id });
      exchange.report('login.failed', { account: id, way: 'login', reason: WRONG_CODE });
      throw new ValidationError({ code: [WRONG_CODE] });
    }
    if (kind === 'recovery') exchange.report('recovery_code.used', { account: id });
    deps.begunSignIn.end(exchange);
    return deps.enter(exchange, identity, true);
  };

  return { askForCode, askToEnrol, finish };
}
