import type { IdentityStore } from '../../authentication/identity.js';
import type { OpenSession } from '../../authentication/sessions/opened-sessions.js';
import type { Sessions } from '../../authentication/sessions/sessions.js';
import { NotAuthenticated } from '../../kernel/errors.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { challengeOf } from '../../platform/http/pipeline.js';

export interface SessionProofDeps {
  readonly sessions: Pick<Sessions, 'open' | 'prove'>;
  readonly identities: Pick<IdentityStore, 'byId'>;
}

/** @returns the session of the request, which the access has required. @throws NotAuthenticated if it has ended */
export async function currentOf(
  { sessions }: Pick<SessionProofDeps, 'sessions'>,
  exchange: Exchange,
): Promise<OpenSession> {
  const current = await sessions.open(exchange);
  if (current === undefined) throw new NotAuthenticated(challengeOf('all'));
  return current;
}

/** For 15 minutes the session can do what needs a fresh proof. */
export async function noteProof(
  { identities, sessions }: SessionProofDeps,
  exchange: Exchange,
  id: number,
): Promise<void> {
  const identity = await identities.byId(id, { kind: 'absent' });
  if (identity !== undefined) await sessions.prove(exchange, identity);
}
