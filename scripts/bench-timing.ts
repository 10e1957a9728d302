/**
 * Whether the time of a refusal reveals which accounts exist, and their state. Requests every class of refusal in turn,
 * prints the median of each, and reports those that stand out; exits with 1 if one does.
 *
 *   npm run bench:timing                60 samples of each
 *   npm run bench:timing -- --quick     15
 *
 * Needs PostgreSQL on the machine. An idle machine reveals smaller differences.
 */
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { HASHES, PASSWORD } from '../test/support/cvat.js';
import { type Answer, basicAuth, send } from '../test/support/http.js';
import { startPostgres } from '../test/support/postgres-server.js';
import { createDatabaseOn } from '../test/support/real-database.js';
import { ADMIN, buildServer, median, quantile, startServer } from './bench-server.js';

const SAMPLES = process.argv.includes('--quick') ? 15 : 60;
const WARM_UP = 3;
const WRONG = 'wrong password';

const NO_LIMITS = {
  LOGIN_FAILURES_PER_ACCOUNT: 'none',
  LOGIN_FAILURES_PER_ADDRESS: 'none',
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none',
  PASSWORD_HASHERS_EXTRA: 'md5',
  REDIS_URL: '',
  OPA_URL: '',
};

/** The accounts, with the SQL that puts each into its state; all have the same password. */
const PEOPLE: Readonly<Record<string, string>> = {
  active: '',
  inactive: 'is_active = false',
  unusable: `password = '${HASHES.unusable}'`,
  pbkdf2: `password = '${HASHES.django42}'`,
  md5: `password = '${HASHES.md5}'`,
  'inactive-md5': `password = '${HASHES.md5}', is_active = false`,
  twin1: "email = 'twins@example.org'",
  twin2: "email = 'twins@example.org'",
};

/** A kind of refusal, and the request that gets it. */
interface Refusal {
  readonly way: 'login' | 'Basic';
  readonly what: string;
  readonly ask: () => Promise<Answer>;
}

async function main(): Promise<void> {
  buildServer();
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-timing-'));
  const postgres = await startPostgres();
  const children: ChildProcess[] = [];
  try {
    const database = await createDatabaseOn(postgres.url);
    const url = await startServer(children, folder, { ...NO_LIMITS, DATABASE_URL: database.url });
    await createPeople(url, database.url);
    const refusals = refusalsOf(url);
    const times = await measure(refusals);
    process.exitCode = report(refusals, times) ? 1 : 0;
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await postgres.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function createPeople(url: string, databaseUrl: string): Promise<void> {
  const headers = { Authorization: basicAuth(ADMIN.username, ADMIN.password) };
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  for (const [username, state] of Object.entries(PEOPLE)) {
    const body = { username, email: `${username}@example.org`, password: PASSWORD };
    const answer = await send(url, '/api/users', { method: 'POST', headers, body });
    if (answer.status !== 201) throw new Error(`${username}: ${answer.status} ${answer.text}`);
    if (state !== '') await client.query(`update auth_user set ${state} where username = '${username}'`);
  }
  await client.query(`delete from account_emailaddress where email like 'twin%'`);
  await client.end();
}

function refusalsOf(url: string): readonly Refusal[] {
  const login = (what: string, who: object, password = WRONG): Refusal => ({
    way: 'login',
    what,
    ask: () => send(url, '/api/auth/login', { method: 'POST', body: { ...who, password } }),
  });
  const basic = (what: string, username: string, password = WRONG): Refusal => ({
    way: 'Basic',
    what,
    ask: () => send(url, '/api/users/self', { headers: { Authorization: basicAuth(username, password) } }),
  });
  return [
    login('a name that nobody has', { username: 'nobody' }),
    login('a wrong password', { username: 'active' }),
    login('inactive, a wrong password', { username: 'inactive' }),
    login('inactive, the right password', { username: 'inactive' }, PASSWORD),
    login('inactive with MD5, the right password', { username: 'inactive-md5' }, PASSWORD),
    login('without a password of its own', { username: 'unusable' }),
    login('PBKDF2, a wrong password', { username: 'pbkdf2' }),
    login('MD5, a wrong password', { username: 'md5' }),
    login('a name that is the address of two', { username: 'twins@example.org' }),
    login('an address that nobody has', { email: 'nobody@example.org' }),
    login('an address, a wrong password', { email: 'active@example.org' }),
    login('an address of two, the right password', { email: 'twins@example.org' }, PASSWORD),
    basic('a name that nobody has', 'nobody'),
    basic('a wrong password', 'active'),
    basic('inactive, the right password', 'inactive', PASSWORD),
    basic('without a password of its own', 'unusable'),
    basic('a name that is the address of two', 'twins@example.org'),
  ];
}

/** In another order each round, so that other load on the machine affects all of them. @returns milliseconds */
async function measure(refusals: readonly Refusal[]): Promise<ReadonlyMap<Refusal, readonly number[]>> {
  const times = new Map(refusals.map((refusal): [Refusal, number[]] => [refusal, []]));
  for (let round = -WARM_UP; round < SAMPLES; round += 1) {
    for (const refusal of shuffled(refusals)) {
      const started = performance.now();
      const { status, text } = await refusal.ask();
      const took = performance.now() - started;
      if (status !== 400 && status !== 401) throw new Error(`${refusal.what}: ${status} ${text}`);
      if (round >= 0) times.get(refusal)?.push(took);
    }
  }
  return times;
}

function shuffled<T>(values: readonly T[]): readonly T[] {
  const keyed = values.map((value) => ({ value, key: randomInt(2 ** 32) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ value }) => value);
}

/** Half the width of the median's interval, by the interquartile range (McGill, Tukey and Larsen 1978). */
const uncertainty = (values: readonly number[]): number =>
  (1.57 * (quantile(values, 0.75) - quantile(values, 0.25))) / Math.sqrt(values.length);

/** Two such widths cover about 95 %; there are many comparisons, so half as much again is required. */
const CAUTION = 1.5;
/** Differences below this fraction of the median are noise. */
const NEGLIGIBLE = 0.01;

function standsOut(own: readonly number[], others: readonly number[]): boolean {
  const difference = Math.abs(median(own) - median(others));
  const bound = CAUTION * (uncertainty(own) + uncertainty(others));
  return difference > Math.max(bound, NEGLIGIBLE * median(others));
}

/** @returns whether a class stands out among those of the same way to sign in */
function report(refusals: readonly Refusal[], times: ReadonlyMap<Refusal, readonly number[]>): boolean {
  const rows = refusals.map((refusal) => {
    const own = times.get(refusal) ?? [];
    const rest = refusals.filter((other) => other !== refusal && other.way === refusal.way);
    const isOdd = standsOut(
      own,
      rest.flatMap((other) => times.get(other) ?? []),
    );
    return { ...refusal, own, isOdd };
  });
  const ms = (value: number): string => value.toFixed(1);
  console.log('| way | refusal | median ms | middle half | stands out |');
  console.log('|---|---|---|---|---|');
  for (const { way, what, own, isOdd } of rows) {
    const half = `${ms(quantile(own, 0.25))} to ${ms(quantile(own, 0.75))}`;
    console.log(`| ${way} | ${what} | ${ms(median(own))} | ${half} | ${isOdd ? 'YES' : 'no'} |`);
  }
  return rows.some(({ isOdd }) => isOdd);
}

await main();
