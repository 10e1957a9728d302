import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onPath } from './programs.js';

const PROMTOOL = onPath('promtool').find((file) => existsSync(file));

export const PROMTOOL_HINT = 'needs promtool (Debian: prometheus)';

/** Whether `promtool` can run. With REQUIRE_SERVICES=1 a missing one is a failure, not a skipped test. */
export const hasPromtool = PROMTOOL !== undefined;
if (!hasPromtool && process.env['REQUIRE_SERVICES'] === '1')
  throw new Error(`REQUIRE_SERVICES=1: ${PROMTOOL_HINT}.`);

/**
 * Runs Prometheus's own tool.
 *
 * @param input what it reads from standard input
 * @returns its exit code, and everything that it wrote
 */
export function promtool(args: readonly string[], input = '') {
  if (PROMTOOL === undefined) throw new Error('promtool is not installed.');
  const { status, stdout, stderr } = spawnSync(PROMTOOL, [...args], {
    input,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, output: stdout + stderr };
}
