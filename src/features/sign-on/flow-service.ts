import { type AttemptOutcome, type ObserveAttempt, observeAttempt } from '../../authentication/attempts.js';
import { SECOND } from '../../kernel/clock.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { safeNext } from '../../platform/http/safe-next.js';
import { ProviderUnreachable } from '../../platform/oidc/guarded-fetch.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import { type Admission, type AdmissionDeps, createAdmission } from './admission.js';
import { ATTEMPT_AGE, type AttemptsDeps, createAttempts } from './attempts.js';
import type { Attempt } from './attempts-repository.js';
import { newSecret } from './browser.js';
import { createEntrance, type EntranceDeps } from './entrance.js';
import type { SignOnProblem } from './problems.js';

export interface FlowDeps extends AdmissionDeps, AttemptsDeps, EntranceDeps {
  readonly publicUrl: string;
  readonly uiUrl: string | undefined;
  readonly wakeMail: () => void;
  /** Told how each sign-in ended. */
  readonly observe: ObserveAttempt;
  /** Logs and counts a provider that can't be used. */
  readonly onUnreachable: (provider: string, error: ProviderUnreachable) => void;
}

export interface Begin {
  readonly next: string | null;
  /** The flow of the user interface of CVAT Enterprise, which fetches the session with a one-time code. */
  readonly isForUi: boolean;
}

export type Begun =
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'problem'; readonly problem: SignOnProblem };

/** How a person comes back from the provider. */
export type Finished =
  | { readonly kind: 'signed-in'; readonly next: string | null }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'problem'; readonly problem: SignOnProblem };

const CODE_AGE = 60 * SECOND;

/** @returns the path of a provider's endpoint, as providers know it */
export const callbackUrl = (publicUrl: string, { id, family }: IdentityProvider['settings']): string =>
  `${publicUrl}/api/auth/${family}/${id}/login/callback/`;

/** The authorization code flow between a browser, this server and a provider. */
export function createFlow(deps: FlowDeps) {
  const { random } = deps;
  const attempts = createAttempts(deps);
  const entrance = createEntrance(deps);
  const admission = createAdmission(deps);

  const begin = async (exchange: Exchange, provider: IdentityProvider, wanted: Begin): Promise<Begun> => {
    const [state, nonce, verifier] = [newSecret(random), newSecret(random), newSecret(random)];
    try {
      const to = await provider.begin(callbackUrl(deps.publicUrl, provider.settings), {
        state,
        nonce,
        verifier,
      });
      await attempts.store(exchange, state, {
        kind: 'attempt',
        provider: provider.settings.id,
        nonce,
        verifier,
        next: nextOf(wanted, deps),
        isForUi: wanted.isForUi,
        userId: null,
      });
      return { kind: 'redirect', to };
    } catch (error) {
      return unreachable(provider, error, deps);
    }
  };

  const finish = (exchange: Exchange, provider: IdentityProvider): Promise<Finished> => {
    const attempt = comeBack(exchange, provider);
    return observeAttempt(attempt, outcomeOf, (outcome) => deps.observe('sign-on', outcome));
  };

  const comeBack = async (exchange: Exchange, provider: IdentityProvider): Promise<Finished> => {
    const { query } = exchange;
    const state = query.get('state');
    const attempt = await attempts.take(exchange, provider, {
      kind: 'attempt',
      token: state,
      age: ATTEMPT_AGE,
    });
    if (attempt === undefined || state === null) return refuse(exchange, 'expired', { account: null });
    if (query.get('error') === 'access_denied') return refuse(exchange, 'cancelled', { account: null });
    const callback = new URL(callbackUrl(deps.publicUrl, provider.settings));
    callback.search = query.toString();
    try {
      const answer = await provider.finish(callback, { ...attempt, state });
      if (answer.kind === 'refused')
        return refuse(exchange, 'failed', { account: null, reason: answer.reason });
      const admitted = await admission.admit(provider.settings, answer.profile);
      deps.wakeMail();
      return await enter(exchange, provider, attempt, admitted);
    } catch (error) {
      return unreachable(provider, error, deps);
    }
  };

  const enter = async (
    exchange: Exchange,
    { settings }: IdentityProvider,
    attempt: Attempt,
    admitted: Admission,
  ): Promise<Finished> => {
    if (admitted.kind === 'refused') return refuse(exchange, admitted.problem, { account: admitted.userId });
    const { userId } = admitted;
    reportAdmission(exchange, settings.id, admitted);
    const problem = await entrance.problemOf(userId);
    if (problem !== undefined) return refuse(exchange, problem, { account: userId });
    if (!attempt.isForUi) {
      await entrance.open(exchange, userId);
      return { kind: 'signed-in', next: attempt.next };
    }
    const code = newSecret(random);
    const stored = { ...attempt, kind: 'code', nonce: '', verifier: '', userId } as const;
    await attempts.store(exchange, code, stored);
    return { kind: 'code', code };
  };

  /** Opens the session that a one-time code stands for. @returns the account; undefined for an invalid code */
  const redeem = async (
    exchange: Exchange,
    provider: IdentityProvider,
    code: string,
  ): Promise<number | undefined> => {
    const attempt = await attempts.take(exchange, provider, { kind: 'code', token: code, age: CODE_AGE });
    const userId = attempt?.userId ?? undefined;
    if (userId === undefined || (await entrance.problemOf(userId)) !== undefined) return undefined;
    await entrance.open(exchange, userId);
    return userId;
  };

  return { begin, finish, redeem };
}

export type Flow = ReturnType<typeof createFlow>;

const LONGEST_NEXT = 2000;

/** @returns the page to go to; null for a page of another site, and for a text that is too long for an address */
const nextOf = ({ next }: Begin, { uiUrl }: Pick<FlowDeps, 'uiUrl'>): string | null =>
  next !== null && next.length > LONGEST_NEXT ? null : (safeNext(next, uiUrl) ?? null);

/** @throws any other error */
function unreachable({ settings }: IdentityProvider, error: unknown, deps: Pick<FlowDeps, 'onUnreachable'>) {
  if (!(error instanceof ProviderUnreachable)) throw error;
  deps.onUnreachable(settings.id, error);
  return { kind: 'problem', problem: 'unreachable' } as const;
}

function reportAdmission(
  { report }: Exchange,
  provider: string,
  { userId: account, isNew, isLinked, newRoles }: Extract<Admission, { kind: 'account' }>,
): void {
  if (isNew) report('account.created', { account, way: 'sign-on' });
  if (isLinked) report('account.linked', { account, provider });
  for (const role of newRoles) report('account.rights_changed', { account, role });
}

function refuse(
  exchange: Exchange,
  problem: SignOnProblem,
  { account, reason = problem }: { readonly account: number | null; readonly reason?: string },
): Finished {
  exchange.report('login.failed', { account, way: 'sign-on', reason });
  return { kind: 'problem', problem };
}

const outcomeOf = (finished: Finished): AttemptOutcome => {
  if (finished.kind !== 'problem') return 'succeeded';
  return finished.problem === 'unreachable' ? 'unavailable' : 'refused';
};
