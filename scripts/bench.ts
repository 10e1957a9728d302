/**
 * The cost of a whole `GET /api/users/self` with each of the four credentials, as a ratio to the floor of the same run,
 * and the cost of lists among many rows compared with handwritten SQL:
 *
 *   npm run bench               prints the table and writes docs/performance.md
 *   npm run bench -- --quick    shorter runs, writes nothing
 *
 * Needs PostgreSQL, Redis and OPA on the machine. Runs of all targets alternate, because machines are noisy; the
 * median of each counts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import autocannon from 'autocannon';
import pg from 'pg';
import { hashAccessToken } from '../src/authentication/access-tokens.js';
import { createBrowser } from '../test/support/http.js';
import { startPostgres } from '../test/support/postgres-server.js';
import { createDatabaseOn } from '../test/support/real-database.js';
import { freePort, startOpa, startRedis } from '../test/support/services.js';
import { benchLists } from './bench-lists.js';
import { ADMIN, buildServer, median, startServer, until } from './bench-server.js';

const QUICK = process.argv.includes('--quick');
const SECONDS = QUICK ? 2 : 3;
const ROUNDS = QUICK ? 2 : 3;
const CONNECTIONS = [1, 50];
const ACCESS_TOKEN = `Bench123.${'n9F1KTezy5EiehTHELxM5NZJeXgv7qTQ'}`;

const SELF = '/api/users/self';
/** Its package has no plugin for personal access tokens. */
const WITHOUT_PLUGIN = '/api/server/plugins';

const PREFIX_LENGTH = 8;
const FLOOR = 'floor';
/** A personal access token needs another statement, and a second question in the same call. */
const BEARER_FLOOR = 'floor of Bearer';

interface Target {
  readonly name: string;
  readonly url: string;
  /** The target that only does the same work; default {@link FLOOR}. */
  readonly floor?: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Rates = Map<string, number[]>;

async function main(): Promise<void> {
  buildServer();
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-'));
  const [postgres, redis, opa] = await Promise.all([startPostgres(), startRedis(), startOpa()]);
  const children: ChildProcess[] = [];
  try {
    const database = await createDatabaseOn(postgres.url);
    const services = { DATABASE_URL: database.url, REDIS_URL: redis.url, OPA_URL: opa.url };
    const url = await startServer(children, folder, services);
    const embeddedPolicy = await startServer(children, folder, { ...services, OPA_URL: '' });
    const headers = await signIn(url, database.url);
    const floor = await startFloor(children, [
      database.url,
      opa.url,
      headers.Token.Authorization?.split(' ')[1] ?? '',
      ACCESS_TOKEN.slice(0, PREFIX_LENGTH),
    ]);
    const targets: Target[] = [
      { name: FLOOR, url: floor + SELF, headers: {} },
      { name: BEARER_FLOOR, url: `${floor}/bearer`, headers: {}, floor: BEARER_FLOOR },
      ...Object.entries(headers).map(([name, sent]) => ({
        name,
        url: url + SELF,
        headers: sent,
        floor: name === 'Bearer' ? BEARER_FLOOR : FLOOR,
      })),
      { name: 'Token, embedded policy', url: embeddedPolicy + SELF, headers: headers.Token },
      { name: `Token, ${WITHOUT_PLUGIN}`, url: url + WITHOUT_PLUGIN, headers: headers.Token },
      {
        name: `Bearer, ${WITHOUT_PLUGIN}`,
        url: url + WITHOUT_PLUGIN,
        headers: headers.Bearer,
        floor: BEARER_FLOOR,
      },
    ];
    const tables: string[] = [];
    for (const connections of CONNECTIONS)
      tables.push(table(targets, connections, await measure(targets, connections)));
    if (!QUICK) tables.push(await lists((await createDatabaseOn(postgres.url)).url));
    report(tables);
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([postgres.remove(), redis.stop(), opa.stop()]);
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startFloor(children: ChildProcess[], args: readonly string[]): Promise<string> {
  const port = await freePort();
  const command = ['--import', 'tsx', 'scripts/bench-floor.ts', String(port), ...args];
  children.push(
    spawn(process.execPath, command, { env: { ...process.env, NODE_ENV: 'production' }, stdio: 'inherit' }),
  );
  await until(async () => (await fetch(`http://127.0.0.1:${port}/`)).ok);
  return `http://127.0.0.1:${port}`;
}

/** @returns the headers for each way to sign in */
async function signIn(url: string, databaseUrl: string) {
  const browser = createBrowser(url);
  const answer = await browser.send('/api/auth/login', { method: 'POST', body: ADMIN });
  const { key } = answer.json() as { key: string };
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query({
    text: `insert into access_tokens_accesstoken
      (prefix, hashed_key, created, name, revoked, updated_date, last_used_date, read_only, owner_id)
      select $1, $2, now(), 'bench', false, now(), now(), true, id from auth_user where username = $3`,
    values: [ACCESS_TOKEN.slice(0, PREFIX_LENGTH), hashAccessToken(ACCESS_TOKEN), ADMIN.username],
  });
  await client.end();
  const basic = Buffer.from(`${ADMIN.username}:${ADMIN.password}`).toString('base64');
  return {
    Token: { Authorization: `Token ${key}` },
    Bearer: { Authorization: `Bearer ${ACCESS_TOKEN}` },
    session: { Cookie: browser.cookieHeader() },
    Basic: { Authorization: `Basic ${basic}` },
  } satisfies Record<string, Record<string, string>>;
}

async function measure(targets: readonly Target[], connections: number): Promise<Rates> {
  const rates: Rates = new Map(targets.map(({ name }) => [name, []]));
  for (const target of targets) await fire(target, connections, 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const target of targets) rates.get(target.name)?.push(await fire(target, connections, SECONDS));
  }
  return rates;
}

/** @returns requests a second */
async function fire({ name, url, headers }: Target, connections: number, duration: number): Promise<number> {
  const result = await autocannon({ url, connections, duration, headers });
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${name}: ${result.non2xx} refusals, ${result.errors} errors`);
  return result.requests.average;
}

function table(targets: readonly Target[], connections: number, rates: Rates): string {
  const rows = targets.map(({ name, floor: below = FLOOR }) => {
    const values = rates.get(name) ?? [];
    const floor = median(rates.get(below) ?? []);
    const middle = median(values);
    const spread = `${Math.round(Math.min(...values))} to ${Math.round(Math.max(...values))}`;
    return `| ${name} | ${Math.round(middle)} | ${spread} | ${(middle / floor).toFixed(2)} |`;
  });
  return [
    `### ${connections === 1 ? '1 connection' : `${connections} connections`}`,
    '',
    '| way | requests a second (median) | from, to | of its floor |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

async function lists(url: string): Promise<string> {
  const rows = (await benchLists(url)).map(
    ({ list, ours, byHand, ratio }) =>
      `| ${list} | ${ours.toFixed(1)} | ${byHand.toFixed(1)} | ${ratio.toFixed(2)} |`,
  );
  return [
    '## Lists',
    '',
    'One count and one page, among 100,000 users, 10,000 organizations and 300,000 memberships, beside the two',
    'statements that somebody would write by hand:',
    '',
    '| list | ms | ms by hand | ratio |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function report(tables: readonly string[]): void {
  const text = `${tables.join('\n\n')}\n`;
  process.stdout.write(text);
  if (QUICK) return;
  const machine = `Node ${process.versions.node}, ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), everything on one machine: server, PostgreSQL, Redis, OPA and the load.`;
  writeFileSync('docs/performance.md', `${INTRODUCTION}\n${machine}\n\n${text}`);
}

const INTRODUCTION = `# What a request costs

\`npm run bench\` measures a whole \`GET /api/users/self\` in each of the four ways: authentication, the decision of Open
Policy Agent, the answer. Beside it stands a floor: bare \`node:http\` that runs the same SQL statement and asks OPA the
same question, and does nothing else; a personal access token has a floor of its own, because it needs another statement
and a second question in the same call. Machines are noisy, so only the ratios of one run mean something.

How it stays near the floor:

- One SQL round trip, prepared once per connection, reads account, groups, organization and membership. A session adds
  one look-up in Redis.
- One OPA round trip over kept-alive connections, also for a personal access token, whose plugin is asked in the same
  query. \`/api/users/self\` has such a plugin, \`/api/server/plugins\` has none. With the embedded policy there is none: the compiled rules answer in about 10 µs.
- A Basic password is not hashed again while it and the stored hash stay the same (five minutes at most, in memory,
  under a key of the process).
- Express sets the prototypes of every request and response, which makes each later access slow. The server
  creates both with Express's prototypes already in place (\`src/platform/http/server.ts\`), so that setting them changes
  nothing. That is worth a factor of five for the framework alone.

Measured with:
`;

await main();
