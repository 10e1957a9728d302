import { Command, Option } from 'commander';
import { createHashInspector } from '../authentication/passwords/stored-hash.js';
import {
  describeImport,
  type ExportOptions,
  exportCvat,
  type ImportReport,
  type ImportSource,
  importCvat,
} from '../features/cvat-import/index.js';
import { SECOND } from '../kernel/clock.js';
import { systemRandom } from '../kernel/random.js';
import { StartError } from '../kernel/start-error.js';
import { loadConfig, readEnvironment } from '../platform/config/load.js';
import type { Config } from '../platform/config/settings.js';
import { createDatabase } from '../platform/db/database.js';
import { createExternalDatabase } from '../platform/db/external.js';
import { MIGRATIONS, migrate } from '../platform/db/migrate.js';
import type { Database } from '../platform/db/pool.js';
import { type OutputOptions, print } from './run.js';

const json = ['--json', 'print JSON'] as const;

interface ImportArguments extends OutputOptions {
  readonly from?: string;
  readonly fixture?: string;
  readonly dryRun?: boolean;
}

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
      .action(async (options: ImportArguments) => {
        const config = loadConfig(readEnvironment());
        const report = await runImport(config, options, showProgress());
        print(report, options, describeImport(report));
      }),
  );

/**
 * Runs `import cvat` on the configured database, after migrating its tables.
 *
 * @throws StartError that says what to correct
 */
export async function runImport(
  config: Config,
  { from, fixture, dryRun = false }: ImportArguments,
  onProgress: (rows: number) => void = () => undefined,
): Promise<ImportReport> {
  if (from !== undefined && fixture !== undefined)
    throw new StartError('Give --from or --fixture, not both.');
  const url = fixture === undefined ? (from ?? config.CVAT_DATABASE_URL) : undefined;
  if (url === undefined && fixture === undefined)
    throw new StartError('Say where from: --fixture <file>, CVAT_DATABASE_URL, or --from <url>.');
  return withDatabase(config, async (target) => {
    const source: ImportSource =
      url === undefined
        ? { kind: 'fixture', path: fixture ?? '' }
        : { kind: 'database', db: openSource(config, url) };
    const inspectHash = createHashInspector();
    try {
      return await importCvat({
        source,
        target,
        random: systemRandom,
        inspectHash,
        isDryRun: dryRun,
        onProgress,
      });
    } finally {
      if (source.kind === 'database') await source.db.close();
    }
  });
}

function openSource(config: Config, url: string): Database {
  if (!/^postgres(ql)?:\/\//.test(url))
    throw new StartError('The CVAT database must be given as postgres://user:password@host:5432/cvat.');
  return createExternalDatabase({
    url,
    poolSize: 1,
    timeout: config.DATABASE_TIMEOUT * SECOND,
    applicationName: 'cvat-auth-server import',
    guardNesting: false,
  });
}

/** The server itself is not started: it would create its first administrator. */
async function withDatabase<T>(config: Config, work: (db: Database) => Promise<T>): Promise<T> {
  const db = await createDatabase({
    url: config.DATABASE_URL,
    dataDir: config.DATA_DIR,
    poolSize: 1,
    timeout: config.DATABASE_TIMEOUT * SECOND,
    applicationName: 'cvat-auth-server cli',
  });
  try {
    await migrate(db, MIGRATIONS);
    return await work(db);
  } finally {
    await db.close();
  }
}

/** One counting line, only on a terminal. */
function showProgress(): (rows: number) => void {
  if (process.stderr.isTTY !== true) return () => undefined;
  process.once('exit', () => process.stderr.write('\r\x1b[K'));
  return (rows) => void process.stderr.write(`\r${rows.toLocaleString('en')} rows read`);
}

interface ExportArguments extends OutputOptions {
  readonly output: string;
  readonly userModel: ExportOptions['userModel'];
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
    .action(async (options: ExportArguments) => {
      const report = await runExport(loadConfig(readEnvironment()), options);
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

/** Runs `export` on the configured database. @throws StartError that says what to correct */
export const runExport = (config: Config, { output, userModel }: Omit<ExportArguments, 'json'>) =>
  withDatabase(config, (source) => exportCvat({ source, path: output, userModel }));
