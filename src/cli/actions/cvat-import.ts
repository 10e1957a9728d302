import { createHashInspector } from '../../authentication/passwords/stored-hash.js';
import {
  type ExportOptions,
  exportCvat,
  type ImportReport,
  type ImportSource,
  importCvat,
} from '../../features/cvat-import/index.js';
import { SECOND } from '../../kernel/clock.js';
import { systemRandom } from '../../kernel/random.js';
import { StartError } from '../../kernel/start-error.js';
import { postgresUrlProblem } from '../../platform/config/postgres-url.js';
import type { Config } from '../../platform/config/settings.js';
import { readConnectionOptions } from '../../platform/db/connection-options.js';
import { createExternalDatabase } from '../../platform/db/external.js';
import type { Database } from '../../platform/db/pool.js';
import { explainRefusal } from '../../platform/db/start-failure.js';
import { withDatabase } from './database.js';

export { describeImport } from '../../features/cvat-import/index.js';

export interface ImportArguments {
  readonly from?: string;
  readonly fixture?: string;
  readonly dryRun?: boolean;
}

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
        : {
            kind: 'database',
            db: await openSource(config, {
              url,
              setting: from === undefined ? 'CVAT_DATABASE_URL' : '--from',
            }),
          };
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

/** @throws StartError if the URL is wrong, or if PostgreSQL refuses the login that is in it */
async function openSource(
  config: Config,
  { url, setting }: { readonly url: string; readonly setting: string },
): Promise<Database> {
  const problem = postgresUrlProblem(url);
  if (problem !== undefined) throw new StartError(`${setting} is wrong: ${problem}.`);
  readConnectionOptions(url, setting);
  const source = createExternalDatabase({
    url,
    poolSize: 1,
    timeout: config.DATABASE_TIMEOUT * SECOND,
    applicationName: 'cvat-auth-server import',
    guardNesting: false,
  });
  const refusal = await source.query({ text: 'select 1' }).then(
    () => undefined,
    (error: unknown) => explainRefusal(error, setting),
  );
  // One that does not answer is reported by the import.
  if (!(refusal instanceof StartError)) return source;
  await source.close();
  throw refusal;
}

export interface ExportArguments {
  readonly output: string;
  readonly userModel: ExportOptions['userModel'];
}

/** Runs `export` on the configured database. @throws StartError that says what to correct */
export const runExport = (config: Config, { output, userModel }: ExportArguments) =>
  withDatabase(config, (source) => exportCvat({ source, path: output, userModel }));
