import { Command, Option } from 'commander';
import type { ExportArguments, ImportArguments } from './actions/cvat-import.js';
import { type OutputOptions, print, readConfig } from './run.js';

const json = ['--json', 'print JSON'] as const;

export const importCommand = (): Command =>
  new Command('import').description('import accounts').addCommand(
    new Command('cvat')
      .description(
        "import accounts, tokens, organizations, memberships and invitations from a CVAT database, or from a file that Django's dumpdata wrote. To use a CVAT database in place, set DATABASE_URL instead.",
      )
      .option(
        '--from <url>',
        'CVAT database, postgres://...; other users of the machine can see arguments, so prefer CVAT_DATABASE_URL',
      )
      .option('--fixture <file>', 'dump.json or dump.json.gz')
      .option('--dry-run', 'show what would happen, and change nothing')
      .option(...json)
      .action(async (options: OutputOptions & ImportArguments) => {
        const config = await readConfig();
        const { describeImport, runImport } = await import('./actions/cvat-import.js');
        const report = await runImport(config, options, showProgress());
        print(report, options, describeImport(report));
      }),
  );

/** One counting line, only on a terminal. */
function showProgress(): (rows: number) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  process.once('exit', () => process.stderr.write('\r\x1b[K'));
  return (rows) => void process.stderr.write(`\r${rows.toLocaleString('en')} rows read`);
}

export const exportCommand = (): Command =>
  new Command('export')
    .description(
      "export accounts, tokens, organizations, memberships and invitations in the format of Django's dumpdata, for `import cvat` or loaddata; the file contains password hashes and tokens",
    )
    .requiredOption('--output <file>', 'new file; a name that ends in .gz is compressed')
    .addOption(
      new Option('--user-model <name>', "Django's name of the user model; newer CVAT releases use iam.user")
        .choices(['auth.user', 'iam.user'])
        .default('auth.user'),
    )
    .option(...json)
    .action(async (options: OutputOptions & ExportArguments) => {
      const config = await readConfig();
      const { runExport } = await import('./actions/cvat-import.js');
      const report = await runExport(config, options);
      print(report, options, [
        ...Object.values(report.counts).map(({ name, exported }) => `${name.padEnd(23)}${exported}`),
        ...(report.boundTokensLeftOut === 0
          ? []
          : [
              `Left out: ${report.boundTokensLeftOut} personal access tokens that are bound to an organization.`,
            ]),
        `${report.path} contains password hashes, API tokens and invitation keys: only your user can read it. Keep it that way.`,
      ]);
    });
