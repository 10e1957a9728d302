import { Command } from 'commander';
import { misspelt, type OutputOptions, print, readConfig } from './run.js';

const json = ['--json', 'print JSON'] as const;

export const migrateCommand = (): Command =>
  new Command('migrate')
    .description('run the database migrations')
    .option(...json)
    .action(async (options: OutputOptions) => {
      const config = await readConfig();
      const { migrateDatabase } = await import('./actions/migrate.js');
      const applied = await migrateDatabase(config);
      print(
        { applied },
        options,
        applied.length === 0 ? ['Nothing to do.'] : applied.map((name) => `applied ${name}`),
      );
    });

export const configCommand = (): Command =>
  new Command('config').description('settings').addCommand(
    new Command('check')
      .description(
        'check the settings and the files that they name, without starting the server; prints no values',
      )
      .option('--connect', 'also connect to every service that the settings name, as the server would')
      .option(...json)
      .action(async ({ connect = false, ...options }: OutputOptions & { connect?: boolean }) => {
        const config = await readConfig();
        const { checkSettings } = await import('../composition/check.js');
        await checkSettings(config);
        const warnings = await misspelt();
        const valid = [...warnings, 'The settings are valid.'];
        if (!connect) return print({ ok: true, warnings }, options, valid);
        const { checkServices } = await import('./actions/services.js');
        const { ok, parts, lines } = await checkServices(config);
        print({ ok, warnings, parts }, options, [...valid, ...lines]);
        if (!ok) process.exitCode = 1;
      }),
  );

export const mailCommand = (): Command =>
  new Command('mail').description('mail').addCommand(
    new Command('test')
      .description('send a test mail, and show which step fails')
      .requiredOption('--to <address>', 'recipient')
      .option(...json)
      .action(async ({ to, ...options }: OutputOptions & { to: string }) => {
        const config = await readConfig();
        const { sendTestMail } = await import('./actions/mail.js');
        const probe = await sendTestMail(config, to, options.json ? console.error : console.log);
        const steps = probe.steps.map(({ step, result }) => `${step.padEnd(10)} ${result}`);
        print(probe, options, [...steps, probe.sentence]);
        if (!probe.ok) process.exitCode = 1;
      }),
  );
