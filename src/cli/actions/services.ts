import { tryServices } from '../../composition/try-services.js';
import { systemClock } from '../../kernel/clock.js';
import type { Config } from '../../platform/config/settings.js';

/**
 * Connects to every service that the settings name.
 *
 * @returns whether all of them can be used, each result, and the same as lines for people
 */
export async function checkServices(config: Config) {
  const parts = await tryServices(config, systemClock);
  const ok = parts.every(({ result }) => result !== 'failed');
  const lines = parts.map(({ part, result, detail }) => `${part.padEnd(10)} ${result.padEnd(8)} ${detail}`);
  return {
    ok,
    parts,
    lines: [...lines, ok ? 'All services can be used.' : 'Correct what failed: the server needs it.'],
  };
}
