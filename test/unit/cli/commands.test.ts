import { readFileSync } from 'node:fs';
import type { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { ldapCommand } from '../../../src/cli/ldap.js';
import { configCommand, mailCommand, migrateCommand } from '../../../src/cli/server.js';
import { sessionCommand, userCommand } from '../../../src/cli/users.js';

/** What the command line says of itself, and what it takes for a command. The process is in test/process/cli.test.ts. */

const USERS = [
  'create',
  'list',
  'show',
  'activate',
  'deactivate',
  'set-password',
  'make-admin',
  'reset-link',
] as const;

/** Groups of commands about one thing of an account. */
const GROUPS = [
  ['api-token', 'show'],
  ['api-token', 'rotate'],
  ['api-token', 'revoke'],
  ['factors', 'show'],
  ['factors', 'reset'],
] as const;

const COMMANDS = {
  user: userCommand,
  session: sessionCommand,
  migrate: migrateCommand,
  mail: mailCommand,
  config: configCommand,
} as const;

/** The commands that do something, at whatever depth. */
const leavesOf = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);

const pathOf = (command: Command): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;

/** Runs a command that goes no further than its arguments. @returns what it wrote, and how commander ends it */
async function run(name: keyof typeof COMMANDS, ...args: readonly string[]) {
  let text = '';
  const write = (words: string): void => {
    text += words;
  };
  const prepare = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: write, writeErr: write, getOutHelpWidth: () => 200 });
    for (const child of command.commands) prepare(child);
  };
  const command = COMMANDS[name]();
  prepare(command);
  const end = await command.parseAsync(args, { from: 'user' }).then(
    () => {
      throw new Error('The command ran.');
    },
    (error: CommanderError) => error,
  );
  return { text, exitCode: end.exitCode };
}

describe('help', () => {
  it.each(USERS)('explains user %s in a sentence of its own', async (name) => {
    const overview = await run('user', '--help');
    expect(overview.text).toMatch(new RegExp(`^  ${name} .*  [a-z][a-z ;,]{10,}`, 'm'));
    const { text, exitCode } = await run('user', name, '--help');
    expect(exitCode).toBe(0);
    expect(text).toContain('--json');
    if (name !== 'list') expect(text).toContain('<username>');
  });

  it.each([
    ['user', 'create', ['--email <address>', '--admin', '--generate']],
    ['user', 'set-password', ['--generate']],
    ['session', 'end', ['--user <username>', '--json']],
    ['mail', 'test', ['--to <address>', '--json']],
    ['config', 'check', ['--json']],
  ] as const)('of %s %s names its options', async (name, child, options) => {
    const { text, exitCode } = await run(name, child, '--help');
    expect(exitCode).toBe(0);
    for (const option of options) expect(text).toContain(option);
  });
});

describe('a command about one thing of an account', () => {
  it.each(GROUPS)('explains itself, and needs a name: user %s %s', async (group, name) => {
    const { text, exitCode } = await run('user', group, name, '--help');
    expect([exitCode, text]).toEqual([0, expect.stringContaining('<username>')]);
    const refused = await run('user', group, name);
    expect(refused.text).toContain("missing required argument 'username'");
  });
});

describe('a command is refused', () => {
  it.each(USERS.filter((name) => name !== 'list'))('as user %s without a name', async (name) => {
    const { text, exitCode } = await run('user', name);
    expect(text).toContain("missing required argument 'username'");
    expect(exitCode).not.toBe(0);
  });

  it.each(USERS)('as user %s with a password for an argument', async (name) => {
    const given = name === 'list' ? [] : ['anna1'];
    const asOption = await run('user', name, ...given, '--password', 'Wiesel-42-quarks');
    expect(asOption.text).toContain("unknown option '--password'");
    const asArgument = await run('user', name, ...given, 'Wiesel-42-quarks');
    expect(asArgument.text).toContain('too many arguments');
  });

  it.each([
    ['session', ['end'], "required option '--user <username>' not specified"],
    ['mail', ['test'], "required option '--to <address>' not specified"],
    ['user', ['nonsense'], "unknown command 'nonsense'"],
    ['migrate', ['everything'], 'too many arguments'],
    ['config', [], 'Usage: config'],
  ] as const)('as %s %j', async (name, args, words) => {
    const { text, exitCode } = await run(name, ...args);
    expect(text).toContain(words);
    expect(exitCode).not.toBe(0);
  });
});

describe('docs/command-line.md', () => {
  const page = readFileSync('docs/command-line.md', 'utf8');
  const examples = [...page.matchAll(/^npm run (?:--silent )?cli -- ([^<\n]+)/gm)].map(([, words = '']) =>
    words.trim().split(' '),
  );

  it('has an example of every command', () => {
    const lines = examples.map((words) => `${words.join(' ')} `);
    const all = Object.values(COMMANDS).flatMap((make) => leavesOf(make()).map(pathOf));
    for (const path of all)
      expect(
        lines.some((line) => line.startsWith(`${path} `)),
        path,
      ).toBe(true);
    expect(all).toHaveLength(USERS.length + GROUPS.length + 4);
  });

  it.each(examples)('shows what can be typed: %s %s %s %s', async (...words) => {
    const [group = '', ...args] = words;
    const make = Object.entries({ ...COMMANDS, ldap: ldapCommand }).find(([name]) => name === group)?.[1];
    const command = make?.();
    let taken: readonly string[] | undefined;
    for (const leaf of command === undefined ? [] : leavesOf(command)) {
      leaf.action(() => {
        taken = leaf.args;
      });
    }
    await command?.parseAsync(args, { from: 'user' });
    expect(taken).toBeDefined();
  });
});
