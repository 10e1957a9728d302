#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { SERVER_VERSION } from '../version.js';
import { exportCommand, importCommand } from './cvat-import.js';
import { ldapCommand } from './ldap.js';
import { fail } from './run.js';
import { configCommand, mailCommand, migrateCommand } from './server.js';
import { sessionCommand, userCommand } from './users.js';

/** Exit codes: 0 success, 1 failure with a one-sentence reason, 2 incorrect usage. */
const USAGE = 2;

const program = new Command('cvat-auth')
  .description('Uses the settings of the server. If the server uses the embedded database, stop it first.')
  .version(SERVER_VERSION);
for (const command of [
  userCommand(),
  sessionCommand(),
  migrateCommand(),
  mailCommand(),
  configCommand(),
  ldapCommand(),
  importCommand(),
  exportCommand(),
]) {
  program.addCommand(command);
}

/** Commander exits with 1 for incorrect usage, at every level; we want 2. */
function exitWithUsage(command: Command): void {
  command.exitOverride((error) => {
    throw error;
  });
  for (const child of command.commands) exitWithUsage(child);
}

exitWithUsage(program);
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  else fail(error);
}
