import { judge } from '../../features/directory/index.js';
import { systemClock } from '../../kernel/clock.js';
import type { Config } from '../../platform/config/settings.js';
import { type ProbeLogin, type ProbeResult, probeDirectory } from '../../platform/ldap/probe.js';
import { resolveDirectorySettings } from '../../platform/ldap/settings.js';

/**
 * @param print prints one line at a time
 * @returns whether the person could sign in, as far as it was tested
 * @throws StartError for settings that cannot work
 */
export async function testDirectory(
  config: Config,
  login: ProbeLogin,
  print: (line: string) => void,
): Promise<boolean> {
  const settings = resolveDirectorySettings(config);
  let server = '';
  const member = await probeDirectory(settings, systemClock, login, (result) => {
    if (result.server !== server) print(result.server);
    server = result.server;
    print(lineOf(result));
  });
  if (member === undefined) return false;
  const judgement = judge(member, { ...settings, defaultRole: config.IAM_DEFAULT_ROLE });
  const isAdmitted = judgement.kind === 'admitted';
  print(`  role     ${isAdmitted ? judgement.roles.join(', ') : `refused: ${judgement.reason}`}`);
  print(`  identity ${member.person.identity}`);
  return isAdmitted;
}

const lineOf = ({ step, outcome, milliseconds, detail }: ProbeResult): string =>
  `  ${step.padEnd(8)} ${outcome.padEnd(7)} ${String(milliseconds).padStart(6)} ms  ${detail}`.trimEnd();
