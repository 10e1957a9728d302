import { Command } from 'commander';
import { checkSettings } from '../composition/check.js';
import { mailSettingsOf } from '../composition/mail.js';
import { dateOf, SECOND, systemClock } from '../kernel/clock.js';
import { systemRandom } from '../kernel/random.js';
import { loadConfig, readEnvironment } from '../platform/config/load.js';
import { createDatabase } from '../platform/db/database.js';
import { MIGRATIONS, migrate } from '../platform/db/migrate.js';
import { testMail } from '../platform/mail/templates/trial.js';
import { createMailTransport } from '../platform/mail/transport.js';
import { type OutputOptions, print } from './run.js';

const json = ['--json', 'print JSON'] as const;

export const migrateCommand = (): Command =>
  new Command('migrate')
    .description('run the database migrations')
    .option(...json)
    .action(async (options: OutputOptions) => {
      const config = loadConfig(readEnvironment());
      const db = await createDatabase({
        url: config.DATABASE_URL,
        dataDir: config.DATA_DIR,
        poolSize: 1,
        timeout: config.DATABASE_TIMEOUT * SECOND,
        applicationName: 'cvat-auth-server migrate',
      });
      try {
        const applied = await migrate(db, MIGRATIONS);
        print(
          { applied },
          options,
          applied.length === 0 ? ['Nothing to do.'] : applied.map((name) => `applied ${name}`),
        );
      } finally {
        await db.close();
      }
    });

export const configCommand = (): Command =>
  new Command('config').description('settings').addCommand(
    new Command('check')
      .description(
        'check the settings and the files that they name, without starting the server; prints no values',
      )
      .option(...json)
      .action(async (options: OutputOptions) => {
        await checkSettings(loadConfig(readEnvironment()));
        print({ ok: true }, options, ['The settings are valid.']);
      }),
  );

export const mailCommand = (): Command =>
  new Command('mail').description('mail').addCommand(
    new Command('test')
      .description('send a test mail, and show which step fails')
      .requiredOption('--to <address>', 'recipient')
      .option(...json)
      .action(async ({ to, ...options }: OutputOptions & { to: string }) => {
        const config = loadConfig(readEnvironment());
        const transport = createMailTransport(
          mailSettingsOf(config),
          options.json ? console.error : console.log,
        );
        const site = {
          name: config.SITE_NAME ?? 'example.com',
          subjectPrefix: config.ACCOUNT_EMAIL_SUBJECT_PREFIX,
        };
        const probe = await transport.verify({
          id: systemRandom.uuid(),
          to,
          date: dateOf(systemClock),
          ...testMail(site),
        });
        transport.close();
        const steps = probe.steps.map(({ step, result }) => `${step.padEnd(10)} ${result}`);
        print(probe, options, [...steps, probe.sentence]);
        if (!probe.ok) process.exitCode = 1;
      }),
  );
