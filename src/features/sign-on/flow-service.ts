import { type AttemptOutcome, type ObserveAttempt, observeAttempt } from '../../authentication/attempts.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { safeNext } from '../../platform/http/safe-next.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import { type AdmissionDeps, createAdmission } from './admission.js';
import { type AnswerDeps, askProvider, callbackUrl, type Problem, unreachable } from './answers.js';
import type { Admission } from './arrival.js';
import { ATTEMPT_AGE, type AttemptsDeps, createAttempts } from './attempts.js';
import type { Attempt } from './attempts-repository.js';
import { newSecret } from './browser.js';
import { createCodes } from './codes.js';
import { createEntrance, type EntranceDeps } from './entrance.js';
import type { SignOnProblem } from './problems.js';

export interface FlowDeps extends AdmissionDeps, AttemptsDeps, EntranceDeps, AnswerDeps {
  readonly uiUrl: string | undefined;
  readonly wakeMail: () => void;
  /** Told how each sign-in ended. */
  readonly observe: ObserveAttempt;
}

export interface Begin {
  readonly next: string | null;
  /** The flow of the user interface of CVAT Enterprise, which fetches the session with a one-time code. */
  readonly isForUi: boolean;
  /** The account that gets the identity as one more way in; null for a sign-in. */
  readonly linksTo: number | null;
}

export type Begun = { readonly kind: 'redirect'; readonly to: string } | Problem;

/** How a person comes back from the provider. */
export type Finished =
  | { readonly kind: 'signed-in'; readonly next: string | null }
  /** The person has an account with a second factor here, for which the next page asks. */
  | { readonly kind: 'second-factor'; readonly next: string | null }
  /** The person has to set up a second factor first: the session can do nothing else. */
  | { readonly kind: 'enrolment'; readonly next: string | null }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'linked' }
  | (Problem & { readonly wasLinking: boolean });

/** The authorization code flow between a browser, this server and a provider. */
export function createFlow(deps: FlowDeps) {
  const { random } = deps;
  const attempts = createAttempts(deps);
  const entrance = createEntrance(deps);
  const admission = createAdmission(deps);
  const codes = createCodes({ random, attempts, entrance });

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
        userId: wanted.linksTo,
        factorAt: null,
      });
      return { kind: 'redirect', to };
    } catch (error) {
      return unreachable(provider, error, deps);
    }
  };

  const finish = async (exchange: Exchange, provider: IdentityProvider): Promise<Finished> => {
    const token = exchange.query.get('state');
    const attempt = await attempts.take(exchange, provider, { kind: 'attempt', token, age: ATTEMPT_AGE });
    if (attempt !== undefined && attempt.userId !== null) return link(exchange, provider, attempt);
    return observeAttempt(comeBack(exchange, provider, attempt), outcomeOf, (outcome) =>
      deps.observe('sign-on', outcome),
    );
  };

  const comeBack = async (
    exchange: Exchange,
    provider: IdentityProvider,
    attempt: Attempt | undefined,
  ): Promise<Finished> => {
    if (attempt === undefined) return refuse(exchange, 'expired', { account: null });
    const answer = await askProvider(exchange, provider, attempt, deps);
    if (answer.kind === 'problem')
      return refuse(exchange, answer.problem, { account: null, reason: answer.reason });
    const admitted = await admission.admit(provider.settings, answer.profile);
    deps.wakeMail();
    return enter(exchange, provider, { ...attempt, factorAt: answer.factorAt }, admitted);
  };

  /** The person who began it must still be signed in here: otherwise the identity of another could be linked. */
  const link = async (
    exchange: Exchange,
    provider: IdentityProvider,
    attempt: Attempt & { readonly userId: number | null },
  ): Promise<Finished> => {
    const { settings } = provider;
    const account = attempt.userId;
    const refused = (problem: SignOnProblem, reason: string = problem): Finished => {
      exchange.report('account.link_refused', { account, provider: settings.id, reason });
      return { kind: 'problem', problem, wasLinking: true };
    };
    if (account === null || !(await entrance.isWithin(exchange, account))) return refused('expired');
    const answer = await askProvider(exchange, provider, attempt, deps);
    if (answer.kind === 'problem') return refused(answer.problem, answer.reason);
    const admitted = await admission.link(settings, answer.profile, account);
    deps.wakeMail();
    if (admitted.kind === 'refused') return refused(admitted.problem);
    reportAdmission(exchange, settings.id, admitted);
    return { kind: 'linked' };
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
      const state = await entrance.open(exchange, userId, attempt.factorAt);
      return { kind: ARRIVED[state], next: attempt.next };
    }
    return { kind: 'code', code: await codes.issue(exchange, { ...attempt, userId }) };
  };

  return { begin, finish, redeem: codes.redeem };
}

export type Flow = ReturnType<typeof createFlow>;

const ARRIVED = { open: 'signed-in', code: 'second-factor', enrol: 'enrolment' } as const;

const LONGEST_NEXT = 2000;

/** @returns the page to go to; null for a page of another site, and for a text that is too long for an address */
const nextOf = ({ next }: Begin, { uiUrl }: Pick<FlowDeps, 'uiUrl'>): string | null =>
  next !== null && next.length > LONGEST_NEXT ? null : (safeNext(next, uiUrl) ?? null);

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
  return { kind: 'problem', problem, wasLinking: false };
}

const outcomeOf = (finished: Finished): AttemptOutcome => {
  if (finished.kind !== 'problem') return 'succeeded';
  return finished.problem === 'unreachable' ? 'unavailable' : 'refused';
};
