#!/usr/bin/env node
/**
 * Prints the routes, as docs/routes.md lists them.
 *
 *   npm run routes                     all
 *   npm run routes -- access_tokens    those with these letters in the method, the path, the access or the file
 *
 * Handlers outside the pipeline choose their methods themselves.
 */
import { withApi } from './api.mjs';
import { describeRoutes, othersOf } from './routes-page.mjs';

const TITLES = ['METHOD', 'PATH', 'ACCESS', 'FILE'];

const rows = await withApi(({ routes, paths }) => [
  ...describeRoutes(routes).map(({ method, path, access, file }) => [method, path, access, file]),
  ...othersOf(routes, paths).map((path) => ['*', path, 'outside the pipeline', '']),
]);
const [filter = ''] = process.argv.slice(2);
const shown = rows.filter((cells) => cells.join(' ').toLowerCase().includes(filter.toLowerCase()));
if (shown.length === 0) {
  console.error(`No route has "${filter}".`);
  process.exitCode = 1;
} else {
  const widths = TITLES.map((title, column) =>
    Math.max(...[title, ...shown.map((row) => row[column])].map(({ length }) => length)),
  );
  for (const row of [TITLES, ...shown])
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}
