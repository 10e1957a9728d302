import { type Costs, KINDS, type KindName, PROCESSES } from './costs.js';
import { type Kind, type Outcome, seeded, simulate } from './queues.js';

/** Parts of all requests. A person signs in once a day. */
const MIX: Readonly<Record<KindName, number>> = {
  token: 0.2,
  session: 0.5999,
  list: 0.15,
  write: 0.05,
  login: 0.0001,
};
/** Requests a second of an active person: one in ten seconds. */
const RATE_OF_PERSON = 0.1;
const PEOPLE = [10_000, 100_000, 1_000_000];

/** No part is planned to work more than this part of the time: the rest is for peaks and for the loss of a machine. */
const PLANNED = 0.6;
/** Connections of a process to PostgreSQL: two for look-ups, three for everything else. */
const POOL_SIZE = 5;
/** Requests of one simulation. */
const SIMULATED = 60_000;
const MICROSECOND = 1e-6;

/** What queues: the processes, and the threads that hash passwords beside the event loop of a server. */
const PARTS = [...PROCESSES, 'hash'] as const;
type Part = (typeof PARTS)[number];
type Servers = Readonly<Record<Part, number>>;

/** @returns microseconds; a log-in costs the event loop what a look-up costs, and the rest is its hash */
function costOf(costs: Costs, kind: KindName, part: Part): number {
  const isHash = part === 'hash';
  if (kind !== 'login' || (part !== 'server' && !isHash)) return isHash ? 0 : costs[kind][part];
  return isHash ? costs.login.server - costs.token.server : costs.token.server;
}

const micros = (costs: Costs, part: Part): number =>
  KINDS.reduce((sum, kind) => sum + MIX[kind] * costOf(costs, kind, part), 0);

/** @returns how many servers of each part carry the rate, planned with some reserve */
const plan = (costs: Costs, rate: number): Servers =>
  Object.fromEntries(
    PARTS.map((part) => [part, Math.ceil((rate * micros(costs, part) * MICROSECOND) / PLANNED)]),
  ) as Record<Part, number>;

/** The stations after those of the server processes, in the order of a request. */
const SHARED = ['redis', 'postgres', 'hash', 'opa'] as const;

/**
 * A request visits the server, Redis if it has a session, PostgreSQL, OPA, and the server again. Each server process is a
 * station of its own, because a connection stays with one of them.
 */
function kindsOf(costs: Costs, replicas: number): readonly Kind[] {
  const visitsOf = (kind: KindName, replica: number) => {
    const of = (part: Part) => costOf(costs, kind, part) * MICROSECOND;
    const between = SHARED.map((part, index) => ({ station: replicas + index, mean: of(part) })).filter(
      ({ mean }) => mean > 0,
    );
    const half = { station: replica, mean: of('server') / 2 };
    return [half, ...between, half];
  };
  return Array.from({ length: replicas }, (_none, replica) =>
    KINDS.map((kind) => ({ part: MIX[kind] / replicas, visits: visitsOf(kind, replica) })),
  ).flat();
}

function run(costs: Costs, servers: Servers, rate: number): Outcome {
  return simulate({
    stations: [
      ...Array.from({ length: servers.server }, () => ({ servers: 1 })),
      ...SHARED.map((part) => ({ servers: servers[part] })),
    ],
    kinds: kindsOf(costs, servers.server),
    arrivals: { rate },
    requests: SIMULATED,
    random: seeded(1),
  });
}

const ms = (seconds: number): string => (seconds * 1000).toFixed(1);
const number = (value: number): string => value.toLocaleString('en-US');
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** @returns the tables of docs/scaling.md, the same for the same costs */
export const renderTables = (costs: Costs): string =>
  [costTable(costs), planTable(costs), loadTable(costs)].join('\n\n');

const costTable = (costs: Costs): string =>
  table(
    ['µs of CPU', ...PROCESSES],
    [
      ...KINDS.map((kind) => [kind, ...PROCESSES.map((part) => number(costs[kind][part]))]),
      [
        'mix',
        ...PROCESSES.map((part) =>
          number(Math.round(micros(costs, part) + (part === 'server' ? micros(costs, 'hash') : 0))),
        ),
      ],
    ],
  );

function planTable(costs: Costs): string {
  const rows = PEOPLE.map((people) => {
    const rate = people * RATE_OF_PERSON;
    const servers = plan(costs, rate);
    const { p50, p99 } = run(costs, servers, rate);
    return [
      number(people),
      number(rate),
      ...PARTS.map((part) => number(servers[part])),
      number(servers.server * POOL_SIZE),
      ms(p50),
      ms(p99),
    ];
  });
  return table(
    [
      'active people',
      'requests a second',
      'server processes',
      'cores of PostgreSQL',
      'cores of OPA',
      'Redis',
      'cores for hashes',
      'connections',
      'p50 ms',
      'p99 ms',
    ],
    rows,
  );
}

/** What happens to the plan for the smallest number of people when more come. */
function loadTable(costs: Costs): string {
  const planned = (PEOPLE[0] ?? 0) * RATE_OF_PERSON;
  const servers = plan(costs, planned);
  const full = servers.server / (micros(costs, 'server') * MICROSECOND);
  const rows = [0.3, 0.6, 0.8, 0.9, 0.95].map((part) => {
    const { p50, p99 } = run(costs, servers, part * full);
    return [`${Math.round(part * 100)} %`, number(Math.round(part * full)), ms(p50), ms(p99)];
  });
  return table(['the server works', 'requests a second', 'p50 ms', 'p99 ms'], rows);
}
