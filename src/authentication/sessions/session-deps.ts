import type { Clock } from '../../kernel/clock.js';
import type { Random } from '../../kernel/random.js';
import type { SessionStore } from './store.js';

export interface SessionDeps {
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Known when the server has started. */
  readonly secretKey: () => string;
  /** Seconds a session lives after its last renewal. */
  readonly ageSeconds: number;
  /** Seconds a session lives at most, however often it is renewed. */
  readonly maximumAgeSeconds: number;
  readonly secureSessionCookie: boolean;
  readonly secureCsrfCookie: boolean;
  /** A renewal that failed costs nobody anything: it is only logged. */
  readonly onRenewalError: (error: unknown) => void;
}
