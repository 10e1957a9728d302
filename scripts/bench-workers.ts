/**
 * The mix of requests with one process and with two (WEB_CONCURRENCY).
 */
import { type Bench, headersOf } from './bench-context.js';
import { fire, type Load, type Measured } from './bench-load.js';
import { mixOf } from './bench-mix.js';
import { median } from './bench-server.js';

const WORKERS = [1, 2];
const CONNECTIONS = 50;

/** @returns the section of the document */
export async function benchMix(bench: Bench): Promise<string> {
  const loads: Load[] = [];
  for (const workers of WORKERS) loads.push(await loadOf(bench, workers));
  for (const load of loads) await fire({ ...load, seconds: 1 });
  const results = loads.map((): Measured[] => []);
  for (let round = 0; round < bench.rounds; round += 1)
    for (const [index, load] of loads.entries()) results[index]?.push(await fire(load));
  const rates = results.map((all) => median(all.map(({ rate }) => rate)));
  const rows = results.map((all, index) => {
    const [p50, p99] = [median(all.map((one) => one.p50)), median(all.map((one) => one.p99))];
    const [rate = 0, first = 1] = [rates[index], rates[0]];
    return `| ${WORKERS[index]} | ${rate.toFixed(0)} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${(rate / first).toFixed(2)} |`;
  });
  return [
    '## A mix of requests, and more processes',
    '',
    `${CONNECTIONS} connections; 80 % of the requests ask for themselves in the four ways, 15 % are lists, 5 % change an account.`,
    'PostgreSQL, Redis, Open Policy Agent and the load share the same processors, so a second process gets what they leave.',
    '',
    '| WEB_CONCURRENCY | requests a second | p50 ms | p99 ms | of one process |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

async function loadOf(bench: Bench, workers: number): Promise<Load> {
  const url = await bench.start({ ...bench.services, WEB_CONCURRENCY: String(workers) });
  const headers = await headersOf(url, bench.databaseUrl);
  const answer = await fetch(`${url}/api/users/self`, { headers: headers.Token });
  const { id } = (await answer.json()) as { id: number };
  const requests = mixOf(headers, id);
  const name = `the mix with ${workers}`;
  return { name, url, connections: CONNECTIONS, seconds: bench.seconds, requests };
}
