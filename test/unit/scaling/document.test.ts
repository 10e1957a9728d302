import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Costs } from '../../../scripts/scaling/costs.js';
import { renderTables } from '../../../scripts/scaling/tables.js';

it('docs/scaling.md shows what the simulation makes of the measured costs', { timeout: 120_000 }, () => {
  const costs = JSON.parse(readFileSync('scripts/scaling/costs.json', 'utf8')) as Costs;
  const document = readFileSync('docs/scaling.md', 'utf8');
  for (const table of renderTables(costs).split('\n\n')) expect(document).toContain(table);
});
