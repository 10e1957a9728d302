import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PolicyQuestion } from '../../src/authorization/engines/engine.js';
import { parseCsv, type Row } from './csv.js';
import { ASKING, authOf, GROUPS, ME, ORGANIZATION, type Point, SPACES, type Space } from './spaces.js';

const MATRIX = fileURLToPath(new URL('../../rules/matrix/', import.meta.url));

/** One question, and the answer that a table promises. */
export interface Case {
  readonly table: string;
  readonly point: Point;
  readonly question: PolicyQuestion;
  /** A boolean, in a list of one for a plugin; for filters an expression, or null where none is defined. */
  readonly expected: unknown;
}

interface Table {
  readonly name: string;
  readonly space: Space;
  readonly rule: PolicyQuestion['rule'];
  readonly rows: readonly Row[];
  /** Which columns a scope has at all: a row that speaks of others cannot match. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
}

/**
 * Expands every table of `rules/matrix/` into every combination of its columns, always in the same order. A
 * row says when something is allowed; what no row allows is refused.
 *
 * @throws Error for a value that its column does not have, and for a row that no combination reaches
 */
export function readMatrices(): readonly Case[] {
  return readdirSync(MATRIX).toSorted().map(readTable).flatMap(expand);
}

function readTable(file: string): Table {
  const name = file.replace(/\.csv$/, '');
  const base = name.replace('access_token_plugin.', '').replace('.filter', '');
  const space = SPACES.find((candidate) => candidate.package === base);
  if (space === undefined) throw new Error(`${file} is a table of no package`);
  const rule = name.endsWith('.filter')
    ? 'filter'
    : name.startsWith('access_token_plugin.')
      ? 'plugin_allow'
      : 'allow';
  const { rows } = parseCsv(readFileSync(MATRIX + file, 'utf8'));
  const token = rule === 'plugin_allow' ? { 'Access token': ['read-only', 'read-write'] } : {};
  const columns = { Scope: Object.keys(space.scopes), ...ASKING, ...space.columns, ...token };
  for (const row of rows) checkRow(name, row, columns);
  return { name, space, rule, rows, columns };
}

function checkRow(table: string, row: Row, columns: Table['columns']) {
  for (const [column, cell] of Object.entries(row)) {
    if (TEXTS.has(column)) continue;
    const known = columns[column];
    const stranger = known && valuesOf(column, cell).find((value) => !known.includes(value));
    if (known === undefined || (stranger !== undefined && stranger !== '*')) {
      throw new Error(`${table}: "${column}" has no value "${cell}"`);
    }
  }
}

/** Columns for people. */
const TEXTS = new Set(['Request', 'Shows', 'Filter']);

const valuesOf = (column: string, cell: string): readonly string[] =>
  cell.split('|').flatMap((value) => GROUPS[column]?.[value] ?? [value]);

function expand(table: Table): readonly Case[] {
  const points = Object.entries(scopesOf(table)).flatMap(([scope, columns]) =>
    pointsOf(table, scope, columns),
  );
  const unreached = table.rows.find((row) => !points.some((point) => matches(row, point)));
  if (unreached) throw new Error(`${table.name}: no combination reaches ${JSON.stringify(unreached)}`);
  return points.map((point) => caseOf(table, point));
}

const scopesOf = ({ rule, space }: Table) => (rule === 'filter' ? { list: [] } : space.scopes);

function pointsOf(table: Table, scope: string, columns: readonly string[]): readonly Point[] {
  const token = table.rule === 'plugin_allow' ? ['Access token'] : [];
  const names = ['Privilege', 'Context', 'Membership', ...columns, ...token];
  return names
    .reduce<readonly Point[]>(
      (points, name) =>
        points.flatMap((point) => (table.columns[name] ?? []).map((value) => ({ ...point, [name]: value }))),
      [{ Scope: scope }],
    )
    .filter((point) =>
      isPossible(
        point,
        columns.some((name) => name === table.space.belongs),
      ),
    );
}

/**
 * Without an organization there is no role in it; a context is foreign only to an organization and to what belongs to
 * one.
 */
const isPossible = (point: Point, belongs: boolean) =>
  (point['Context'] !== 'sandbox' || point['Membership'] === 'none') &&
  (point['Context'] !== 'foreign' || belongs);

const matches = (row: Row, point: Point) =>
  Object.entries(row).every(
    ([column, cell]) =>
      TEXTS.has(column) || cell === '*' || valuesOf(column, cell).includes(point[column] ?? ''),
  );

function caseOf({ name, space, rule, rows }: Table, point: Point): Case {
  const scope = point['Scope'] ?? '';
  const input = { scope, auth: authOf(point), resource: space.resource(point) };
  const matching = rows.filter((row) => matches(row, point));
  const isAllowed = matching.length > 0;
  const expected = { allow: isAllowed, plugin_allow: [isAllowed], filter: null }[rule];
  return {
    table: name,
    point,
    question: { package: space.package, rule, input },
    expected: rule === 'filter' ? filterOf(name, matching) : expected,
  };
}

/**
 * A filter is written with single quotes, which need no doubling in a table, and with `me` and `org` for ids.
 */
function filterOf(table: string, [row, ...others]: readonly Row[]): unknown {
  if (others.length > 0) throw new Error(`${table}: two rows for one combination, ${JSON.stringify(others)}`);
  if (row === undefined) return null;
  const text = (row['Filter'] ?? '').replaceAll("'", '"');
  return JSON.parse(text.replace(/\bme\b/g, String(ME)).replace(/\borg\b/g, String(ORGANIZATION)));
}
