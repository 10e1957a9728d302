/**
 * How many machines carry how many people: writes the tables of docs/scaling.md from measured costs.
 *
 *   npm run bench:scaling               simulates with the costs that were measured last
 *   npm run bench:scaling -- --measure  measures first; needs PostgreSQL, Redis and OPA on a quiet machine
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Costs } from './scaling/costs.js';
import { measureCosts } from './scaling/measure.js';
import { renderTables } from './scaling/tables.js';

const COSTS = 'scripts/scaling/costs.json';
const DOCUMENT = 'docs/scaling.md';

if (process.argv.includes('--measure'))
  writeFileSync(COSTS, `${JSON.stringify(await measureCosts(), null, 2)}\n`);
const costs = JSON.parse(readFileSync(COSTS, 'utf8')) as Costs;
const document = readFileSync(DOCUMENT, 'utf8');
const [costsTable = '', planTable = '', loadTable = ''] = renderTables(costs).split('\n\n');
writeFileSync(
  DOCUMENT,
  [
    ['costs', costsTable],
    ['plan', planTable],
    ['load', loadTable],
  ].reduce(
    (text, [name, table]) =>
      text.replace(
        new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end -->)`),
        (_whole, before, after) => before + table + after,
      ),
    document,
  ),
);
