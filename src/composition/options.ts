import type { Clock } from '../kernel/clock.js';
import type { Random } from '../kernel/random.js';
import type { Config } from '../platform/config/settings.js';
import type { Log } from '../platform/telemetry/log.js';

/** What the composition root is given: settings, and the machine's clock, chance and log. */
export interface ContainerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The version of CVAT that clients are told. */
  readonly version: string;
  /** Checks answers against their schemas and misuse of transactions: tests and development. */
  readonly strict: boolean;
  /** False at the command line: nothing works in the background. */
  readonly isServing?: boolean;
}
