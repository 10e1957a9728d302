import { dateOf, MINUTE } from '../../kernel/clock.js';
import type { Database } from '../../platform/db/pool.js';
import type { Exchange } from '../../platform/http/exchange.js';
import { ATTEMPT_MINUTES, type IdentityProvider } from '../../platform/oidc/provider.js';
import { type Attempt, insertAttempt, takeAttempt } from './attempts-repository.js';
import { type BrowserDeps, bindBrowser, browserSecret, hashOf } from './browser.js';

export interface AttemptsDeps extends BrowserDeps {
  readonly db: Database;
}

export interface Claim {
  readonly kind: Attempt['kind'];
  /** The state, or the code, as the browser brought it. */
  readonly token: string | null;
  /** Milliseconds after which it does not count. */
  readonly age: number;
}

export const ATTEMPT_AGE = ATTEMPT_MINUTES * MINUTE;

/** Sign-ins that have begun in a browser and have not ended. The database stores only hashes of their secrets. */
export function createAttempts(deps: AttemptsDeps) {
  const { db, clock } = deps;

  /** Binds an attempt to the browser. @param token comes back with it */
  const store = (exchange: Exchange, token: string, attempt: Attempt): Promise<void> => {
    const browser = bindBrowser(exchange, deps);
    return insertAttempt(db, { token: hashOf(token), browser: hashOf(browser) }, attempt, {
      now: dateOf(clock),
      since: new Date(clock.now() - ATTEMPT_AGE),
    });
  };

  /** @returns the attempt of this browser at this provider, once */
  const take = async (
    exchange: Exchange,
    { settings }: IdentityProvider,
    { kind, token, age }: Claim,
  ): Promise<Attempt | undefined> => {
    const browser = browserSecret(exchange);
    if (browser === undefined || token === null) return undefined;
    const key = { token: hashOf(token), browser: hashOf(browser) };
    return takeAttempt(db, key, { kind, provider: settings.id }, new Date(clock.now() - age));
  };

  return { store, take };
}

export type Attempts = ReturnType<typeof createAttempts>;
