/**
 * What requests, lists, pages, log-ins and the start of a server cost, each beside a floor of the same run where it has
 * one:
 *
 *   npm run bench                        prints all parts and writes docs/performance.md and its diagrams
 *   npm run bench -- --quick             shorter runs, writes nothing
 *   npm run bench -- --only=logins,mix   some parts, and writes nothing: ways, lists, rest, pages, logins, mix, footprint,
 *                                        growth
 *
 * Needs PostgreSQL, Redis and OPA on the machine. What is compared alternates, because machines are noisy; the median
 * counts.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../test/support/postgres-server.js';
import { createDatabaseOn } from '../test/support/real-database.js';
import { startOpa, startRedis } from '../test/support/services.js';
import type { Bench } from './bench-context.js';
import { benchFootprint } from './bench-footprint.js';
import { benchGrowth } from './bench-growth.js';
import { benchLists } from './bench-lists.js';
import { benchLogins } from './bench-logins.js';
import { benchPages } from './bench-pages.js';
import { benchRestLists } from './bench-rest-lists.js';
import { buildServer, startServer } from './bench-server.js';
import { benchWays } from './bench-ways.js';
import { benchMix } from './bench-workers.js';

const QUICK = process.argv.includes('--quick');
const ONLY = process.argv.find((word) => word.startsWith('--only='))?.slice('--only='.length);

const DOCUMENT = 'docs/performance.md';
/** The document is written by hand up to here. */
const MEASURED_WITH = 'Measured with Node';

interface Result {
  readonly text: string;
  /** SVG, by the names of files. */
  readonly diagrams?: Readonly<Record<string, string>>;
}

const freshDatabase = async ({ postgresUrl }: Bench): Promise<string> =>
  (await createDatabaseOn(postgresUrl)).url;

/** In the order of the document. Each part leaves its processes in `children`. */
const PARTS: Readonly<Record<string, (bench: Bench) => Promise<Result>>> = {
  ways: async (bench) => ({ text: await benchWays(bench) }),
  rest: async (bench) => ({ text: await benchRestLists(bench, await freshDatabase(bench)) }),
  lists: async (bench) => ({ text: await lists(await freshDatabase(bench)) }),
  pages: async (bench) => ({ text: await benchPages(bench) }),
  logins: async (bench) => ({ text: await benchLogins(bench) }),
  mix: async (bench) => ({ text: await benchMix(bench) }),
  footprint: async (bench) => ({ text: await benchFootprint(bench, await freshDatabase(bench)) }),
  growth: benchGrowth,
};

async function main(): Promise<void> {
  const names = ONLY?.split(',') ?? Object.keys(PARTS);
  buildServer();
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const [postgres, redis, opa] = await Promise.all([
    startPostgres({ max_connections: '200' }),
    startRedis(),
    startOpa(),
  ]);
  const children: ChildProcess[] = [];
  try {
    const { url: databaseUrl } = await createDatabaseOn(postgres.url);
    const bench: Bench = {
      postgresUrl: postgres.url,
      databaseUrl,
      services: { DATABASE_URL: databaseUrl, REDIS_URL: redis.url, OPA_URL: opa.url },
      seconds: QUICK ? 2 : 3,
      rounds: QUICK ? 2 : 3,
      isQuick: QUICK,
      start: (settings) => startServer(children, folder, settings),
      children,
    };
    const results: Result[] = [];
    for (const name of names) {
      results.push(await partOf(name)(bench));
      process.stdout.write(`${results.at(-1)?.text}\n\n`);
      for (const child of children.splice(0)) child.kill('SIGKILL');
    }
    if (!QUICK && ONLY === undefined) write(results);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([postgres.remove(), redis.stop(), opa.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function partOf(name: string): (bench: Bench) => Promise<Result> {
  const part = PARTS[name];
  if (part === undefined)
    throw new Error(`There is no part ${name}: choose from ${Object.keys(PARTS).join(', ')}.`);
  return part;
}

async function lists(url: string): Promise<string> {
  const rows = (await benchLists(url)).map(
    ({ list, ours, byHand, ratio }) =>
      `| ${list} | ${ours.toFixed(1)} | ${byHand.toFixed(1)} | ${ratio.toFixed(2)} |`,
  );
  return [
    '## Lists',
    '',
    'One count and one page, with 100,000 users, 10,000 organizations and 300,000 memberships, compared with two handwritten',
    'SQL statements:',
    '',
    '| list | ms | ms by hand | ratio |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function write(results: readonly Result[]): void {
  const machine = `${MEASURED_WITH} ${process.versions.node} on ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}). The server, PostgreSQL, Redis, OPA and the load generator ran on one\nmachine.`;
  const text = results.map((result) => result.text).join('\n\n');
  const [introduction = ''] = readFileSync(DOCUMENT, 'utf8').split(MEASURED_WITH);
  writeFileSync(DOCUMENT, `${introduction}${machine}\n\n${text}\n`);
  for (const { diagrams = {} } of results)
    for (const [name, svg] of Object.entries(diagrams)) writeFileSync(path.join('docs/images', name), svg);
}

await main();
