import type { Readiness as PolicyReadiness } from '../../authorization/engines/engine.js';
import { type Clock, SECOND } from '../../kernel/clock.js';
import { NO_ANSWER, OK, type PartState } from '../../kernel/part-state.js';
import { withinDeadline } from './deadline.js';

export interface ReadinessDeps {
  readonly clock: Clock;
  readonly databaseState: () => Promise<PartState>;
  /** Null if Redis is not used. */
  readonly redisState: (() => Promise<PartState>) | null;
  /** Sessions are in Redis. Otherwise it only counts for limits, which each process then does for itself. */
  readonly needsRedis: boolean;
  readonly policyReadiness: () => Promise<PolicyReadiness>;
  /** Names of migrations that have not been applied yet. */
  readonly pendingMigrations: () => Promise<readonly string[]>;
  /**
   * `ok`, or why the newest rules are not in use. The last good ones then are, so this does not make the server
   * unready.
   */
  readonly rulesState: () => string;
  /** True from SIGTERM on: the load balancer stops sending requests, and running ones finish. */
  readonly isStopping: () => boolean;
  /** True once the start is done: tables, secret key, first administrator. */
  readonly isPrepared: () => boolean;
}

/** The parts of the server; `redis` is null if it is not used. */
interface Parts {
  readonly database: PartState;
  readonly migrations: PartState;
  readonly redis: PartState | null;
  readonly policy: PartState;
}

export interface Readiness {
  readonly status: 'ok' | 'starting' | 'stopping' | 'not ready';
  readonly parts: Parts;
  readonly rules: string;
}

/** How old the state of the parts may be that a scrape reports, in milliseconds: probes have asked them meanwhile. */
const RECENT = 10 * SECOND;

/** Checks whether the server can serve. Both functions answer after a second at most. */
export function createReadiness(deps: ReadinessDeps) {
  let last: { readonly at: number; readonly parts: Parts } | undefined;

  const check = async (): Promise<Readiness> => {
    const parts = await checkParts(deps);
    last = { at: deps.clock.now(), parts };
    return { status: statusOf(parts, deps), parts, rules: deps.rulesState() };
  };

  return {
    /** Asks every part. */
    check,
    /** Reports the parts as the last check found them, if it was less than ten seconds ago; asks them otherwise. */
    recent: async (): Promise<Readiness> => {
      const age = deps.clock.now() - (last?.at ?? Number.NEGATIVE_INFINITY);
      if (last === undefined || age < 0 || age >= RECENT) return check();
      return { status: statusOf(last.parts, deps), parts: last.parts, rules: deps.rulesState() };
    },
  };
}

export type ReadinessCheck = ReturnType<typeof createReadiness>;

/** Tables alone are not enough: until the start is done there is no secret key, and every request gets a 503. */
function statusOf(
  { redis, ...parts }: Parts,
  { isStopping, isPrepared, needsRedis }: ReadinessDeps,
): Readiness['status'] {
  if (isStopping()) return 'stopping';
  const needed: readonly (PartState | null)[] = [...Object.values(parts), needsRedis ? redis : null];
  if (!needed.every((state) => state?.isReady !== false)) return 'not ready';
  return isPrepared() ? 'ok' : 'starting';
}

async function checkParts(deps: ReadinessDeps): Promise<Parts> {
  const [database, migrations, redis, policy] = await Promise.all([
    inTime(deps.databaseState()),
    inTime(migrationState(deps.pendingMigrations), UNKNOWN),
    deps.redisState === null ? null : inTime(deps.redisState()),
    inTime(policyState(deps.policyReadiness)),
  ]);
  return { database, migrations, redis, policy };
}

const UNKNOWN: PartState = { isReady: false, text: 'unknown: the database does not answer' };

const inTime = (state: Promise<PartState>, otherwise = NO_ANSWER): Promise<PartState> =>
  withinDeadline(state, () => otherwise);

const migrationState = (pending: ReadinessDeps['pendingMigrations']): Promise<PartState> =>
  pending().then(
    (names) => (names.length === 0 ? OK : { isReady: false, text: `not applied: ${names.join(', ')}` }),
    () => UNKNOWN,
  );

async function policyState(readiness: ReadinessDeps['policyReadiness']): Promise<PartState> {
  const state = await readiness();
  return state.ready ? OK : { isReady: false, text: `${state.problem}: ${state.detail}` };
}
