import { makeUnusable } from '../../authentication/passwords/hashers/unusable.js';
import type { createHashInspector } from '../../authentication/passwords/stored-hash.js';
import type { Random } from '../../kernel/random.js';
import { StartError } from '../../kernel/start-error.js';
import type { Database } from '../../platform/db/pool.js';
import type { Queryable } from '../../platform/db/queryable.js';
import { stringifyJson } from '../../platform/values/json.js';
import { awaitNames } from '../users/index.js';
import { importAccounts, importAddresses } from './accounts-repository.js';
import { readFixture } from './fixture.js';
import { importOrganizations } from './organizations-repository.js';
import { type Finding, type Item, KINDS, type Kind, NAMES } from './rows.js';
import { importSite } from './site-repository.js';
import { readDatabase } from './source-repository.js';
import {
  type Count,
  countHashFormats,
  countRows,
  createStages,
  indexStages,
  listFindings,
  type StageKind,
  stageRows,
} from './staging-repository.js';

/** Rows staged per statement, and characters of them. */
const BATCH = 2000;
const BATCH_LENGTH = 8 * 1024 * 1024;
/** Limit for items that are only counted or named: a dump of CVAT has far fewer, and more would fill the memory. */
const MAXIMUM_INVALID = 100_000;
const MAXIMUM_MODELS = 1000;

/** The source of the rows: the database of a CVAT, or a file from Django's `dumpdata`. */
export type ImportSource =
  | { readonly kind: 'database'; readonly db: Database }
  | { readonly kind: 'fixture'; readonly path: string };

export interface ImportOptions {
  readonly source: ImportSource;
  readonly target: Database;
  readonly random: Random;
  readonly inspectHash: ReturnType<typeof createHashInspector>;
  /** Does everything, then rolls it back. */
  readonly isDryRun: boolean;
  /** Called regularly with the number of rows read. */
  readonly onProgress: (rows: number) => void;
}

export interface ImportReport {
  readonly dryRun: boolean;
  readonly counts: Readonly<Record<Kind, Count & { readonly name: string }>>;
  /** Whether the source contained nothing new. */
  readonly isUnchanged: boolean;
  readonly findings: readonly Finding[];
  /** Accounts whose passwords only work with a format listed in PASSWORD_HASHERS_EXTRA. */
  readonly passwordFormats: Readonly<Record<string, number>>;
  /** Models in the file that are irrelevant for this server, with the number of their objects. */
  readonly otherModels: Readonly<Record<string, number>>;
}

/** Rolls back a dry run. */
class TakeBack extends Error {
  readonly report: ImportReport;
  constructor(report: ImportReport) {
    super('This was a dry run.');
    this.report = report;
  }
}

/**
 * Copies accounts, tokens, organizations, memberships and invitations into a database of this server, in one
 * transaction: all or nothing. Existing data stays unchanged, so a second run imports nothing.
 *
 * @throws StartError if the source cannot be read, or if another process wrote the same rows meanwhile
 */
export async function importCvat(options: ImportOptions): Promise<ImportReport> {
  const { source, target, isDryRun } = options;
  const work = (items: AsyncIterable<Item>, notes: Notes) =>
    target.transaction(
      async (tx) => {
        const report = await runImport(tx, items, notes, options);
        if (isDryRun) throw new TakeBack(report);
        return report;
      },
      { statementTimeout: 0, attempts: 1 },
    );
  try {
    const notes = createNotes();
    if (source.kind === 'fixture') return await work(readFixture(source.path, notes), notes);
    await source.db.query({ text: 'select 1' }).catch((error: unknown) => {
      throw unreadable(error);
    });
    return await source.db.transaction((tx) => work(namingSource(readDatabase(tx)), notes), {
      isolation: 'repeatable read',
      statementTimeout: 0,
      attempts: 1,
    });
  } catch (error) {
    if (error instanceof TakeBack) return error.report;
    throw error;
  }
}

/** Adds to an error that it concerns the other database. */
async function* namingSource(items: AsyncGenerator<Item>): AsyncGenerator<Item> {
  try {
    yield* items;
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(error: unknown): unknown {
  if (error instanceof StartError || !(error instanceof Error)) return error;
  const { cause } = error;
  const reason = cause instanceof Error ? cause.message : error.message;
  return new StartError(`The database of the CVAT can't be read: ${reason}.`, { cause: error });
}

type Notes = ReturnType<typeof createNotes>;

function createNotes() {
  const invalid: Finding[] = [];
  const otherModels = new Map<string, number>();
  return {
    invalid,
    otherModels,
    onInvalid: (finding: Finding) => {
      invalid.push(finding);
      const [first] = invalid;
      if (invalid.length > MAXIMUM_INVALID)
        throw new StartError(
          `More than ${MAXIMUM_INVALID} objects can't be imported, the first of them ${first?.item}: ${first?.reason}.`,
        );
    },
    onForeign: (model: string) => {
      otherModels.set(model, (otherModels.get(model) ?? 0) + 1);
      if (otherModels.size > MAXIMUM_MODELS)
        throw new StartError(`The file names more than ${MAXIMUM_MODELS} models: it is not a dump of CVAT.`);
    },
  };
}

async function runImport(
  tx: Queryable,
  items: AsyncIterable<Item>,
  notes: Notes,
  options: ImportOptions,
): Promise<ImportReport> {
  await createStages(tx);
  const read = await stageAll(tx, items, options);
  if (read === 0 && notes.invalid.length === 0)
    throw new StartError('The source contains no accounts, no organizations and none of their data.');
  await indexStages(tx);
  await awaitNames(tx);
  await importSite(tx);
  await importAccounts(tx);
  await importOrganizations(tx);
  await importAddresses(tx);
  return reportOf(tx, notes, options.isDryRun);
}

/** Collects rows of a kind until there are enough for a statement. @returns their number */
async function stageAll(tx: Queryable, items: AsyncIterable<Item>, options: ImportOptions): Promise<number> {
  const waiting = new Map<StageKind, string[]>();
  let length = 0;
  const flush = async (kind: StageKind): Promise<void> => {
    const rows = waiting.get(kind) ?? [];
    waiting.delete(kind);
    length -= rows.reduce((sum, row) => sum + row.length, 0);
    if (rows.length > 0) await stageRows(tx, kind, rows);
  };
  let read = 0;
  for await (const item of items) {
    read += 1;
    for (const [kind, row] of stagedRowsOf(item, options)) {
      const rows = waiting.get(kind) ?? [];
      const json = stringifyJson(row);
      waiting.set(kind, rows);
      rows.push(json);
      length += json.length;
      if (rows.length < BATCH && length < BATCH_LENGTH) continue;
      for (const full of length < BATCH_LENGTH ? [kind] : [...waiting.keys()]) await flush(full);
      options.onProgress(read);
    }
  }
  for (const kind of [...waiting.keys()]) await flush(kind);
  return read;
}

/** Checks the hashes: those that no password could match, or only at excessive cost, are not imported. */
function* stagedRowsOf(item: Item, options: ImportOptions): Generator<readonly [StageKind, object]> {
  if (item.kind === 'user') {
    const { groups, ...row } = item.row;
    yield ['user', { ...row, ...readPassword(row.password, options) }];
    for (const { id, name } of groups)
      yield ['user_group', { user_id: row.pk, user_name: row.username, group_id: id, group_name: name }];
  } else if (item.kind === 'access_token') {
    yield ['access_token', { ...item.row, hash_problem: tokenProblem(item.row.hashed_key, options) }];
  } else {
    yield [item.kind, item.row];
  }
}

function readPassword(password: string, { inspectHash, random }: ImportOptions) {
  const state = inspectHash(password);
  if (state === 'accepted' || state === 'unusable') return { password };
  if (state !== 'refused') return { password, hash_format: state };
  const problem =
    password === '' ? 'it is empty' : 'the hash is damaged, of an unknown format, or too costly';
  return { password: makeUnusable(random), hash_problem: problem };
}

function tokenProblem(hashedKey: string, { inspectHash }: ImportOptions): string | null {
  if (/^sha512\$\$[0-9a-f]{128}$/.test(hashedKey)) return null;
  const state = inspectHash(hashedKey);
  return state === 'refused' || state === 'unusable' ? state : null;
}

async function reportOf(tx: Queryable, notes: Notes, dryRun: boolean): Promise<ImportReport> {
  const counts: Partial<Record<Kind, Count & { name: string }>> = {};
  for (const kind of KINDS) {
    const invalid = notes.invalid.filter((finding) => finding.kind === kind).length;
    const count = await countRows(tx, kind);
    counts[kind] = {
      name: NAMES[kind],
      ...count,
      read: count.read + invalid,
      skipped: count.skipped + invalid,
    };
  }
  const formats = await countHashFormats(tx);
  return {
    dryRun,
    counts: counts as ImportReport['counts'],
    isUnchanged: Object.values(counts).every(({ imported }) => imported === 0),
    findings: [...notes.invalid, ...(await listFindings(tx))],
    passwordFormats: Object.fromEntries(formats.map(({ format, count }) => [format, count])),
    otherModels: Object.fromEntries(notes.otherModels),
  };
}
