/**
 * Lists by REST among many rows, beside a floor: bare `node:http` with the same two statements and the same decision.
 */
import { type Bench, headersOf } from './bench-context.js';
import { startFloor } from './bench-floors.js';
import { openCrowd } from './bench-lists.js';
import { fire, type Measured } from './bench-load.js';
import { median } from './bench-server.js';

const CONNECTIONS = 4;
const LISTS: Readonly<Record<string, string>> = {
  'users, the first page': '/api/users',
  'users, active ones by name': '/api/users?is_active=true&sort=-first_name,username',
  'users, by a part of the name': '/api/users?search=user-abc',
  'organizations, the first page': '/api/organizations',
  'memberships, 100 in a page': '/api/memberships?page_size=100',
};

/** @param databaseUrl an empty database, which is filled. @returns the section of the document */
export async function benchRestLists(bench: Bench, databaseUrl: string): Promise<string> {
  await (await openCrowd(databaseUrl)).close();
  const services = { ...bench.services, DATABASE_URL: databaseUrl };
  const url = await bench.start(services);
  const { Token: headers } = await headersOf(url, databaseUrl);
  const floor = await startFloor({ ...bench, services }, headers.Authorization);
  const rows: string[] = [];
  for (const [name, path] of Object.entries(LISTS)) {
    const [below, ours]: [Measured[], Measured[]] = [[], []];
    const load = { name, headers, connections: CONNECTIONS, seconds: bench.seconds };
    for (let round = 0; round < bench.rounds; round += 1) {
      below.push(await fire({ ...load, url: floor + path }));
      ours.push(await fire({ ...load, url: url + path }));
    }
    rows.push(row(name, below, ours));
  }
  return [
    '## Lists by REST',
    '',
    `${CONNECTIONS} connections ask for a page as an administrator, among 100,000 users, 10,000 organizations and 300,000 memberships. The`,
    'floor is bare `node:http` that runs the same statements, asks Open Policy Agent the same questions, and writes JSON.',
    '',
    '| list | a second | p50 ms | p99 ms | floor: a second | p99 ms | of its floor |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function row(name: string, below: readonly Measured[], ours: readonly Measured[]): string {
  const of = (all: readonly Measured[], what: keyof Measured): number => median(all.map((one) => one[what]));
  const cells = [
    name,
    of(ours, 'rate').toFixed(0),
    of(ours, 'p50').toFixed(1),
    of(ours, 'p99').toFixed(1),
    of(below, 'rate').toFixed(0),
    of(below, 'p99').toFixed(1),
    (of(ours, 'rate') / of(below, 'rate')).toFixed(2),
  ];
  return `| ${cells.join(' | ')} |`;
}
