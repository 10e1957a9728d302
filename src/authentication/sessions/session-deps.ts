import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { SessionStore } from './store.js';

export interface SessionDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Known once the server has started. */
  readonly secretKey: () => string;
  /** A session lives this many seconds after its last renewal. */
  readonly ageSeconds: number;
  /** A session lives at most this many seconds, even with renewals. */
  readonly maximumAgeSeconds: number;
  readonly secureSessionCookie: boolean;
  readonly secureCsrfCookie: boolean;
  /** A failed renewal has no effect on the request: it is only logged. */
  readonly onRenewalError: (error: unknown) => void;
}
