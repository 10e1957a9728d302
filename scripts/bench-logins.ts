/**
 * Log-ins as fast as they are answered, beside hashes alone, and what other requests wait meanwhile.
 */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { type Bench, headersOf } from './bench-context.js';
import { fire, type Load, type Measured } from './bench-load.js';
import { ADMIN, median } from './bench-server.js';

/** More than a machine has processors: the queue is never empty. */
const CLIENTS = 8;
/** Far below what the server can answer: what they wait is not of their own making. */
const OTHERS = { connections: 4, rate: 40 };

interface Round {
  readonly floor: number;
  readonly logins: Measured;
  readonly alone: Measured;
  readonly meanwhile: Measured;
}

/** @returns the section of the document */
export async function benchLogins(bench: Bench): Promise<string> {
  const url = await bench.start(bench.services);
  const { Token: headers } = await headersOf(url, bench.databaseUrl);
  const seconds = bench.seconds * 2;
  const others: Load = { name: 'others', url: `${url}/api/users/self`, headers, seconds, ...OTHERS };
  const logins: Load = {
    name: 'log-in',
    url,
    seconds,
    connections: CLIENTS,
    requests: [{ method: 'POST', path: '/api/auth/login', body: ADMIN }],
  };
  await fire(logins);
  const rounds: Round[] = [];
  for (let round = 0; round < bench.rounds; round += 1) {
    const floor = await hashesAlone(seconds);
    const undisturbed = await fire(logins);
    const alone = await fire(others);
    const [meanwhile] = await Promise.all([fire(others), fire(logins)]);
    rounds.push({ floor, logins: undisturbed, alone, meanwhile });
  }
  return section(rounds);
}

async function hashesAlone(seconds: number): Promise<number> {
  const args = ['--import', 'tsx', 'scripts/bench-hashes.ts', '12', String(seconds)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return Number(await text(child.stdout));
}

function section(rounds: readonly Round[]): string {
  const of = (read: (round: Round) => number): number => median(rounds.map(read));
  const ms = (value: number): string => value.toFixed(1);
  const row = (what: string, read: (round: Round) => Measured): string =>
    `| ${what} | ${of((round) => read(round).rate).toFixed(1)} | ${ms(of((round) => read(round).p50))} | ${ms(of((round) => read(round).p99))} |`;
  const floor = of((round) => round.floor);
  const share = of((round) => round.logins.rate / round.floor);
  const slowdown = of((round) => round.meanwhile.p99 / round.alone.p99);
  return [
    '## Log-ins',
    '',
    `${CLIENTS} clients log in as fast as they are answered, and others ask for themselves ${OTHERS.rate} times a second. The floor is`,
    'the hash alone, one for each processor at once.',
    '',
    '| what | a second | p50 ms | p99 ms |',
    '|---|---|---|---|',
    `| hashes alone | ${floor.toFixed(1)} | | |`,
    row('log-ins', (round) => round.logins),
    row('others, without log-ins', (round) => round.alone),
    row('others, meanwhile', (round) => round.meanwhile),
    '',
    `Log-ins reach ${share.toFixed(2)} of their floor. The p99 of others is ${slowdown.toFixed(1)} times as long meanwhile.`,
  ].join('\n');
}
