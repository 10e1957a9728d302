import type { Clock } from '../kernel/clock.js';
import type { Random } from '../kernel/random.js';
import type { Config } from '../platform/config/settings.js';
import type { Database } from '../platform/db/pool.js';
import type { Log } from '../platform/telemetry/log.js';

/** The input of the composition root: settings, and the system's clock, randomness and log. */
export interface ContainerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Checks answers against their schemas, and detects misuse of transactions: tests and development. */
  readonly strict: boolean;
  /** An open database in place of the one that the settings name. The container closes it. */
  readonly database?: Database;
  /** False at the command line: nothing runs in the background. */
  readonly isServing?: boolean;
}
