import { SECOND } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { Exchange } from '../../platform/http/exchange.js';
import type { IdentityProvider } from '../../platform/oidc/provider.js';
import type { Attempts } from './attempts.js';
import type { Attempt } from './attempts-repository.js';
import { newSecret } from './browser.js';
import type { Entrance } from './entrance.js';

export interface CodeDeps {
  readonly random: Random;
  readonly attempts: Attempts;
  readonly entrance: Entrance;
}

const CODE_AGE = 60 * SECOND;

/** One-time codes, with which the user interface of CVAT Enterprise fetches the session. */
export function createCodes({ random, attempts, entrance }: CodeDeps) {
  /** @param attempt the sign-in that succeeded. @returns a code for the account, bound to the browser */
  const issue = async (
    exchange: Exchange,
    attempt: Attempt & { readonly userId: number },
  ): Promise<string> => {
    const code = newSecret(random);
    await attempts.store(exchange, code, { ...attempt, kind: 'code', nonce: '', verifier: '' });
    return code;
  };

  /** Opens the session that a code stands for. @returns the account, undefined for an invalid code */
  const redeem = async (
    exchange: Exchange,
    provider: IdentityProvider,
    code: string,
  ): Promise<number | 'second-factor' | undefined> => {
    const attempt = await attempts.take(exchange, provider, { kind: 'code', token: code, age: CODE_AGE });
    const { userId = null, factorAt = null } = attempt ?? {};
    if (userId === null || (await entrance.problemOf(userId)) !== undefined) return undefined;
    return (await entrance.open(exchange, userId, factorAt)) === 'code' ? 'second-factor' : userId;
  };

  return { issue, redeem };
}
