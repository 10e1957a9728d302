/**
 * A whole `GET /api/users/self` in each of the four ways to sign in, as a ratio to the floor of the same run.
 */
import { type Bench, headersOf } from './bench-context.js';
import { SELF, startFloor } from './bench-floors.js';
import { fire, type Measured } from './bench-load.js';
import { median } from './bench-server.js';

const CONNECTIONS = [1, 50];
/** Its package has no plugin for personal access tokens. */
const WITHOUT_PLUGIN = '/api/server/plugins';

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

type Results = ReadonlyMap<string, Measured[]>;

/** @returns the sections of the document */
export async function benchWays(bench: Bench): Promise<string> {
  const targets = await targetsOf(bench);
  const tables: string[] = [];
  for (const connections of CONNECTIONS)
    tables.push(table(targets, connections, await measure(bench, targets, connections)));
  return tables.join('\n\n');
}

async function targetsOf(bench: Bench): Promise<readonly Target[]> {
  const url = await bench.start(bench.services);
  const embeddedPolicy = await bench.start({ ...bench.services, OPA_URL: '' });
  const headers = await headersOf(url, bench.databaseUrl);
  const floor = await startFloor(bench, headers.Token.Authorization);
  return [
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
}

/** All targets in turn, because machines are noisy. */
async function measure(bench: Bench, targets: readonly Target[], connections: number): Promise<Results> {
  const results: Results = new Map(targets.map(({ name }) => [name, []]));
  for (const target of targets) await fire({ ...target, connections, seconds: 1 });
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const target of targets)
      results.get(target.name)?.push(await fire({ ...target, connections, seconds: bench.seconds }));
  }
  return results;
}

function table(targets: readonly Target[], connections: number, results: Results): string {
  const of = (name: string, read: (measured: Measured) => number) => (results.get(name) ?? []).map(read);
  const rate = ({ rate: value }: Measured): number => value;
  const rows = targets.map(({ name, floor = FLOOR }) => {
    const rates = of(name, rate);
    const middle = median(rates);
    const spread = `${Math.round(Math.min(...rates))} to ${Math.round(Math.max(...rates))}`;
    const [p50, p99] = [median(of(name, (one) => one.p50)), median(of(name, (one) => one.p99))];
    const share = middle / median(of(floor, rate));
    return `| ${name} | ${Math.round(middle)} | ${spread} | ${p50.toFixed(2)} | ${p99.toFixed(1)} | ${share.toFixed(2)} |`;
  });
  return [
    `### ${connections === 1 ? '1 connection' : `${connections} connections`}`,
    '',
    '| way | requests a second (median) | from, to | p50 ms | p99 ms | of its floor |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
