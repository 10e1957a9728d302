import { Command } from 'commander';
import type { AccountSummary, Administration } from '../features/accounts/index.js';
import { generatePassword, readPassword } from './password.js';
import { type OutputOptions, print, readConfig } from './run.js';

const line = (account: AccountSummary): string =>
  [
    account.id,
    account.username,
    account.email || '-',
    account.groups.join(',') || '-',
    account.isActive ? 'active' : 'inactive',
    ...(account.isSuperuser ? ['superuser'] : []),
  ].join('\t');

const json = ['--json', 'print JSON'] as const;

/** Loads the server, which takes a second, only for a command that needs it. */
async function administer<T>(work: (administration: Administration) => Promise<T>): Promise<T> {
  const config = await readConfig();
  const accounts = await import('./actions/accounts.js');
  return accounts.administer(config, work);
}

/** A command that performs one operation on the account it names. */
const onAccount = (
  name: string,
  description: string,
  work: (users: Administration, username: string) => Promise<AccountSummary>,
) =>
  new Command(name)
    .description(description)
    .argument('<username>')
    .option(...json)
    .action(async (username: string, options: OutputOptions) => {
      const account = await administer((users) => work(users, username));
      print(account, options, [line(account)]);
    });

interface PasswordOptions extends OutputOptions {
  readonly generate?: boolean;
}

const choosePassword = async ({ generate }: PasswordOptions): Promise<string> =>
  generate ? generatePassword() : readPassword();

/** Prints a generated password, which is not shown again. */
const printWithPassword = (account: AccountSummary, password: string, options: PasswordOptions): void => {
  const shown = options.generate ? { ...account, password } : account;
  print(shown, options, [line(account), ...(options.generate ? [`password: ${password}`] : [])]);
};

const create = () =>
  new Command('create')
    .description('create an account; type or pipe its password, or generate one')
    .argument('<username>')
    .option('--email <address>', 'e-mail address', '')
    .option('--admin', 'superuser, staff and group admin')
    .option('--generate', 'generate a password and print it')
    .option(...json)
    .action(async (username: string, options: PasswordOptions & { email: string; admin?: boolean }) => {
      const password = await choosePassword(options);
      const person = { username, email: options.email, password, isAdmin: options.admin ?? false };
      printWithPassword(await administer((users) => users.create(person)), password, options);
    });

const setPassword = () =>
  new Command('set-password')
    .description('set a password; type or pipe it, or generate one; ends the sessions and the API token')
    .argument('<username>')
    .option('--generate', 'generate a password and print it')
    .option('--revoke-access-tokens', 'revoke the personal access tokens of the account as well')
    .option(...json)
    .action(async (username: string, options: PasswordOptions & { revokeAccessTokens?: boolean }) => {
      const password = await choosePassword(options);
      printWithPassword(
        await administer((users) =>
          users.setPassword(username, password, { revokesAccessTokens: options.revokeAccessTokens === true }),
        ),
        password,
        options,
      );
    });

const list = () =>
  new Command('list')
    .description('list all accounts')
    .option(...json)
    .action(async (options: OutputOptions) => {
      const accounts = await administer((users) => users.list());
      print(accounts, options, accounts.map(line));
    });

const resetLink = () =>
  new Command('reset-link')
    .description('print a link to set a new password; it works once, for three days')
    .argument('<username>')
    .option(...json)
    .action(async (username: string, options: OutputOptions) => {
      const link = await administer((users) => users.resetLink(username));
      print({ link }, options, [link]);
    });

/** The API token that a login returns and that never expires. */
const apiToken = () =>
  new Command('api-token')
    .description('the API token of an account, which a login returns and which does not expire')
    .addCommand(
      new Command('show')
        .description('show whether there is a token, and when it was created; never shows the token')
        .argument('<username>')
        .option(...json)
        .action(async (username: string, options: OutputOptions) => {
          const created = await administer((users) => users.showApiToken(username));
          const line =
            created === null ? 'There is no API token.' : `The API token was created at ${created}.`;
          print({ exists: created !== null, created_date: created }, options, [line]);
        }),
    )
    .addCommand(
      new Command('rotate')
        .description('replace the token, and print the new one')
        .argument('<username>')
        .option(...json)
        .action(async (username: string, options: OutputOptions) => {
          const key = await administer((users) => users.rotateApiToken(username));
          print({ key }, options, [key]);
        }),
    )
    .addCommand(
      new Command('revoke')
        .description('revoke the token; the next login creates a new one')
        .argument('<username>')
        .option(...json)
        .action(async (username: string, options: OutputOptions) => {
          const existed = await administer((users) => users.revokeApiToken(username));
          print({ revoked: existed }, options, [
            existed ? 'The API token is revoked.' : 'There was no API token.',
          ]);
        }),
    );

const factors = () =>
  new Command('factors')
    .description('the second factors of an account')
    .addCommand(
      new Command('show')
        .description('show what the account has; never shows a secret')
        .argument('<username>')
        .option(...json)
        .action(async (username: string, options: OutputOptions) => {
          const { totpSince, recoveryCodes, keys } = await administer((users) => users.showFactors(username));
          const names = keys.map(({ name }) => name);
          print({ totp_since: totpSince, recovery_codes: recoveryCodes, keys: names }, options, [
            `authenticator app: ${totpSince === null ? 'none' : `since ${totpSince}`}`,
            `recovery codes left: ${recoveryCodes}`,
            `security keys and passkeys: ${names.join(', ') || 'none'}`,
          ]);
        }),
    )
    .addCommand(
      new Command('reset')
        .description(
          'remove all of them; ends the sessions and the API token, and notifies the account holder',
        )
        .argument('<username>')
        .option(...json)
        .action(async (username: string, options: OutputOptions) => {
          const existed = await administer((users) => users.resetFactors(username));
          print({ reset: existed }, options, [
            existed ? 'The second factors are removed.' : 'There was no second factor.',
          ]);
        }),
    );

export const userCommand = (): Command =>
  new Command('user')
    .description('accounts')
    .addCommand(create())
    .addCommand(list())
    .addCommand(onAccount('show', 'show an account', (users, name) => users.show(name)))
    .addCommand(
      onAccount('activate', 'activate an account; notifies people who waited for approval', (users, name) =>
        users.activate(name),
      ),
    )
    .addCommand(
      onAccount('deactivate', 'deactivate an account, from the next request on', (users, name) =>
        users.deactivate(name),
      ),
    )
    .addCommand(setPassword())
    .addCommand(
      onAccount('make-admin', 'make an account an administrator', (users, name) => users.makeAdmin(name)),
    )
    .addCommand(resetLink())
    .addCommand(apiToken())
    .addCommand(factors());

export const sessionCommand = (): Command =>
  new Command('session').description('sessions').addCommand(
    new Command('end')
      .description('end all sessions of an account; tokens keep working')
      .requiredOption('--user <username>', 'owner of the sessions')
      .option(...json)
      .action(async (options: OutputOptions & { user: string }) => {
        const account = await administer((users) => users.endSessions(options.user));
        print(account, options, [`The sessions of "${account.username}" are over.`]);
      }),
  );
