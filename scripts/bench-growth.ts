/**
 * How the cost grows: from a thousand accounts to a million, and from one connection to two hundred. Two curves, as SVG.
 */
import { createExternalDatabase } from '../src/platform/db/external.js';
import { MIGRATIONS, migrate } from '../src/platform/db/migrate.js';
import { insertCrowd } from '../test/support/crowd.js';
import { createDatabaseOn } from '../test/support/real-database.js';
import { type Bench, headersOf } from './bench-context.js';
import { type Curve, drawCurves } from './bench-curve.js';
import { SELF, startFloor } from './bench-floors.js';
import { fire, type Measured } from './bench-load.js';

const ACCOUNTS = [1000, 10_000, 100_000, 1_000_000];
const CONNECTIONS = [1, 2, 5, 10, 20, 50, 100, 200];
/** Of accounts, as in the lists. */
const PER_ORGANIZATION = 10;
const MEMBERSHIPS_EACH = 3;
const WHILE_GROWING = 4;

const PATHS: Readonly<Record<string, string>> = {
  'an account itself': SELF,
  'the first page of users': '/api/users',
  'users by a name': '/api/users?username=admin',
};

interface Growth {
  /** The section of the document. */
  readonly text: string;
  /** SVG, by the names of files. */
  readonly diagrams: Readonly<Record<string, string>>;
}

export async function benchGrowth(bench: Bench): Promise<Growth> {
  const accounts = await overAccounts(bench);
  const connections = await overConnections(bench);
  const diagrams = {
    'growth-accounts.svg': drawCurves({
      title: 'Time of an answer by the number of accounts',
      x: `accounts; ${WHILE_GROWING} connections`,
      y: 'p50, ms',
      curves: accounts,
    }),
    'growth-connections.svg': drawCurves({
      title: 'Answers by the number of connections',
      x: `connections; GET ${SELF} with an API token`,
      y: 'requests a second',
      curves: connections,
    }),
  };
  const text = [
    '## Growth',
    '',
    ...['accounts', 'connections'].map((what) => `![Growth by ${what}](images/growth-${what}.svg)\n`),
    table('accounts (p50 ms)', accounts, 1),
    '',
    table('connections (requests a second)', connections, 0),
  ].join('\n');
  return { text, diagrams };
}

async function overAccounts(bench: Bench): Promise<readonly Curve[]> {
  const curves = Object.keys(PATHS).map((name) => ({ name, points: [] as [number, number][] }));
  for (const accounts of bench.isQuick ? ACCOUNTS.slice(0, 2) : ACCOUNTS) {
    const { url: databaseUrl, drop } = await createDatabaseOn(bench.postgresUrl);
    await fill(databaseUrl, accounts);
    const url = await bench.start({ ...bench.services, DATABASE_URL: databaseUrl });
    const { Token: headers } = await headersOf(url, databaseUrl);
    for (const curve of curves) {
      const path = PATHS[curve.name] ?? SELF;
      const load = { name: curve.name, url: url + path, headers, connections: WHILE_GROWING };
      await fire({ ...load, seconds: 1 });
      const { p50 } = await fire({ ...load, seconds: bench.seconds });
      curve.points.push([accounts, p50]);
    }
    bench.children.pop()?.kill('SIGKILL');
    await drop();
  }
  return curves;
}

async function fill(url: string, users: number): Promise<void> {
  const options = { poolSize: 2, timeout: 600_000, applicationName: 'bench', guardNesting: false };
  const db = createExternalDatabase({ url, ...options });
  try {
    await migrate(db, MIGRATIONS);
    await insertCrowd(db, {
      users,
      organizations: users / PER_ORGANIZATION,
      memberships: users * MEMBERSHIPS_EACH,
    });
  } finally {
    await db.close();
  }
}

async function overConnections(bench: Bench): Promise<readonly Curve[]> {
  const url = await bench.start(bench.services);
  const { Token: headers } = await headersOf(url, bench.databaseUrl);
  const floor = await startFloor(bench, headers.Authorization);
  const targets = { server: url, floor };
  const curves: Curve[] = [];
  for (const [name, base] of Object.entries(targets)) {
    const points: [number, number][] = [];
    for (const connections of CONNECTIONS) {
      const load = { name, url: base + SELF, headers, connections, seconds: bench.seconds };
      const { rate }: Measured = await fire(load);
      points.push([connections, rate]);
    }
    curves.push({ name, points });
  }
  return curves;
}

function table(what: string, curves: readonly Curve[], digits: number): string {
  const places = curves[0]?.points.map(([place]) => place) ?? [];
  const rows = curves.map(
    ({ name, points }) => `| ${name} | ${points.map(([, value]) => value.toFixed(digits)).join(' | ')} |`,
  );
  return [
    `| ${what} | ${places.map((place) => place.toLocaleString('en')).join(' | ')} |`,
    `|---|${places.map(() => '---|').join('')}`,
    ...rows,
  ].join('\n');
}
