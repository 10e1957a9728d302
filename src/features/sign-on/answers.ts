import type { Exchange } from '../../platform/http/exchange.js';
import type { IdentityProvider, ProviderAnswer } from '../../platform/oidc/provider.js';
import { ProviderUnreachable } from '../../platform/oidc/unreachable.js';
import type { Attempt } from './attempts-repository.js';
import type { SignOnProblem } from './problems.js';

export interface AnswerDeps {
  readonly publicUrl: string;
  /** Logs and counts a provider that can't be used. */
  readonly onUnreachable: (provider: string, error: ProviderUnreachable) => void;
}

export interface Problem {
  readonly kind: 'problem';
  readonly problem: SignOnProblem;
}

/** Who the provider says the person is, or why it says nothing. The reason is for the log. */
export type Answered = Extract<ProviderAnswer, { kind: 'profile' }> | (Problem & { readonly reason: string });

/** @returns the path of a provider's endpoint, as providers know it */
export const callbackUrl = (publicUrl: string, { id, family }: IdentityProvider['settings']): string =>
  `${publicUrl}/api/auth/${family}/${id}/login/callback/`;

/** @returns what the provider answers to a browser that came back from it with the values of an attempt */
export async function askProvider(
  { query }: Exchange,
  provider: IdentityProvider,
  { nonce, verifier }: Attempt,
  deps: AnswerDeps,
): Promise<Answered> {
  if (query.get('error') === 'access_denied') return problemOf('cancelled');
  const callback = new URL(callbackUrl(deps.publicUrl, provider.settings));
  callback.search = query.toString();
  try {
    const answer = await provider.finish(callback, { nonce, verifier, state: query.get('state') ?? '' });
    return answer.kind === 'refused' ? problemOf('failed', answer.reason) : answer;
  } catch (error) {
    return { ...unreachable(provider, error, deps), reason: 'unreachable' };
  }
}

const problemOf = (problem: SignOnProblem, reason: string = problem) =>
  ({ kind: 'problem', problem, reason }) as const;

/** @throws any other error */
export function unreachable(
  { settings }: IdentityProvider,
  error: unknown,
  deps: Pick<AnswerDeps, 'onUnreachable'>,
): Problem {
  if (!(error instanceof ProviderUnreachable)) throw error;
  deps.onUnreachable(settings.id, error);
  return { kind: 'problem', problem: 'unreachable' };
}
