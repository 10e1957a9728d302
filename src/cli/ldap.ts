import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Command } from 'commander';
import { judge } from '../features/directory/index.js';
import { systemClock } from '../kernel/clock.js';
import { StartError } from '../kernel/start-error.js';
import { loadConfig, readEnvironment } from '../platform/config/load.js';
import type { Config } from '../platform/config/settings.js';
import { type ProbeLogin, type ProbeResult, probeDirectory } from '../platform/ldap/probe.js';
import { resolveDirectorySettings } from '../platform/ldap/settings.js';

/** `ldap test <user>`: whether the settings of the directory work, before or after IAM_TYPE is switched to LDAP. */
export const ldapCommand = (): Command =>
  new Command('ldap').description('the directory of accounts (LDAP)').addCommand(
    new Command('test')
      .description(
        'sign somebody in step by step, and show the time and the outcome of each; changes nothing',
      )
      .argument('<user>', 'login name')
      .action(async (name: string) => {
        const config = loadConfig(readEnvironment());
        const password = await readPassword();
        const isGood = await testDirectory(
          config,
          { name, password: password === '' ? null : password },
          console.log,
        );
        if (!isGood) process.exitCode = 1;
      }),
  );

/**
 * @param print takes one line at a time
 * @returns whether the person could sign in, as far as it was tried
 * @throws StartError for settings that can't work
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

/** From the terminal without showing it, else the first line of the input; empty for none. */
async function readPassword(): Promise<string> {
  const isTerminal = process.stdin.isTTY === true;
  if (isTerminal) process.stderr.write('Password (empty to leave that step out): ');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: isTerminal });
  lines.once('SIGINT', () => process.exit(130));
  const [password] = await Promise.race([once(lines, 'line'), once(lines, 'close').then(() => [''])]);
  lines.close();
  if (isTerminal) process.stderr.write('\n');
  if (typeof password !== 'string') throw new StartError('The password could not be read.');
  return password;
}
