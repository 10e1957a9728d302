import type { ImportReport } from './import-service.js';

const WIDTH = 23;
const column = (value: number | string): string => String(value).padStart(10);
const columnTitles = ['read', 'imported', 'here', 'skipped'].map(column).join('');

/** @returns the report of an import as readable lines */
export function describeImport(report: ImportReport): readonly string[] {
  const { counts, findings, isUnchanged, dryRun } = report;
  const table = Object.values(counts).map(
    ({ name, read, imported, present, skipped }) =>
      name.padEnd(WIDTH) + [read, imported, present, skipped].map(column).join(''),
  );
  return [
    ' '.repeat(WIDTH) + columnTitles,
    ...table,
    ...findings.map(
      ({ effect, kind, item, reason }) => `${effect} ${kind.replace('_', ' ')} ${oneLine(item)}: ${reason}`,
    ),
    ...notesOf(report),
    conclusionOf(isUnchanged, dryRun),
  ];
}

/** Names come from another system: they must not control the terminal. */
const oneLine = (text: string): string => text.replace(/\p{Cc}/gu, '?');

function notesOf({ passwordFormats, otherModels }: ImportReport): readonly string[] {
  const formats = Object.entries(passwordFormats).map(
    ([format, count]) =>
      `${count} of the new accounts can sign in only with PASSWORD_HASHERS_EXTRA=${format}, or after a reset.`,
  );
  const others = Object.entries(otherModels).map(([model, count]) => `${oneLine(model)} (${count})`);
  return others.length === 0 ? formats : [...formats, `Not used by this server: ${others.join(', ')}.`];
}

function conclusionOf(isUnchanged: boolean, dryRun: boolean): string {
  if (isUnchanged) return 'There is nothing to import.';
  return dryRun ? 'Nothing was changed: this was a dry run.' : 'The import is done.';
}
