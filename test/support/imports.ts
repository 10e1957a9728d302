import { createHashInspector } from '../../src/authentication/passwords/stored-hash.js';
import { type ImportReport, type ImportSource, importCvat } from '../../src/features/cvat-import/index.js';
import { systemRandom } from '../../src/kernel/random.js';
import type { TestApp } from './app.js';
import { type DumpObject, writeDump } from './fixture.js';

/** Copies the accounts of a CVAT into a server of a test, as the command line does. */
export const importInto = (
  { container }: Pick<TestApp, 'container'>,
  source: ImportSource,
  isDryRun = false,
): Promise<ImportReport> =>
  importCvat({
    source,
    target: container.engines.db,
    random: systemRandom,
    inspectHash: createHashInspector(),
    isDryRun,
    onProgress: () => undefined,
  });

/** @param path of a file that `dumpdata` wrote */
export const importFile = (app: Pick<TestApp, 'container'>, path: string, isDryRun = false) =>
  importInto(app, { kind: 'fixture', path }, isDryRun);

/** Imports what `dumpdata` would have written. */
export const importObjects = (
  app: Pick<TestApp, 'container'>,
  objects: readonly (DumpObject | object)[],
  isDryRun = false,
): Promise<ImportReport> => importFile(app, writeDump(objects), isDryRun);

/** @returns a sentence for each thing that an import left out or changed */
export const reasonsOf = ({ findings }: ImportReport): string[] =>
  findings.map(({ effect, kind, item, reason }) => `${effect} ${kind} ${item}: ${reason}`);
