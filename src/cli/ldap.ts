import { Command } from 'commander';
import { readPasswordIfAny } from './password.js';
import { readConfig } from './run.js';

/** `ldap test <user>`: tests the settings of the directory, before or after IAM_TYPE is set to LDAP. */
export const ldapCommand = (): Command =>
  new Command('ldap').description('LDAP directory').addCommand(
    new Command('test')
      .description(
        'sign a person in step by step, and show the time and the result of each step; changes nothing',
      )
      .argument('<user>', 'login name')
      .action(async (name: string) => {
        const config = await readConfig();
        const password = await readPasswordIfAny('Password (empty to skip that step): ');
        const { testDirectory } = await import('./actions/ldap.js');
        const isGood = await testDirectory(config, { name, password }, console.log);
        if (!isGood) process.exitCode = 1;
      }),
  );
