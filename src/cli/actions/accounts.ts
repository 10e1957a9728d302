import { createContainer } from '../../container.js';
import type { Administration } from '../../features/accounts/index.js';
import { systemClock } from '../../kernel/clock.js';
import { systemRandom } from '../../kernel/random.js';
import type { Config } from '../../platform/config/settings.js';
import { createLog } from '../../platform/telemetry/log.js';

/** Works on accounts with the server's own parts and the configured database, then closes them. */
export async function administer<T>(
  config: Config,
  work: (administration: Administration) => Promise<T>,
): Promise<T> {
  const container = await createContainer({
    config,
    clock: systemClock,
    random: systemRandom,
    log: createLog('info', { write: showEvent }),
    strict: false,
    isServing: false,
  });
  try {
    const { admin, problem } = await container.prepare();
    if (problem !== undefined) console.error(problem);
    if (admin?.generatedPassword)
      console.error(`The administrator "${admin.username}" was created: ${admin.generatedPassword}`);
    return await work(container.administration);
  } finally {
    await container.close();
  }
}

/** Of what the server would log, an operator sees the security events: they belong into a log as well. */
function showEvent(line: string): void {
  if ('event' in (JSON.parse(line) as object)) process.stderr.write(line);
}
