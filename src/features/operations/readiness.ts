import { setTimeout as delay } from 'node:timers/promises';
import type { Readiness } from '../../authorization/engines/engine.js';
import { NO_ANSWER, OK, type PartState } from '../../kernel/part-state.js';

export interface ReadinessDeps {
  readonly databaseState: () => Promise<PartState>;
  /** Null if sessions are stored in the database. */
  readonly redisState: (() => Promise<PartState>) | null;
  readonly policyReadiness: () => Promise<Readiness>;
  /** Names of migrations that have not been applied yet. */
  readonly pendingMigrations: () => Promise<readonly string[]>;
}

/** Milliseconds that a part gets to answer: load balancers and orchestrators wait for one to three seconds. */
const DEADLINE = 1000;

/** @returns the state of each part in words, after a second at most, and whether all of them are ready */
export async function checkReadiness(deps: ReadinessDeps) {
  const [database, migrations, redis, policy] = await Promise.all([
    inTime(deps.databaseState()),
    inTime(migrationState(deps.pendingMigrations), UNKNOWN),
    deps.redisState === null ? NOT_USED : inTime(deps.redisState()),
    inTime(policyState(deps.policyReadiness)),
  ]);
  return {
    isWhole: [database, migrations, redis, policy].every(({ isReady }) => isReady),
    database: database.text,
    migrations: migrations.text,
    redis: redis.text,
    policy: policy.text,
  };
}

const NOT_USED: PartState = { isReady: true, text: 'not used' };
const UNKNOWN: PartState = { isReady: false, text: 'unknown: the database does not answer' };

async function inTime(state: Promise<PartState>, otherwise = NO_ANSWER): Promise<PartState> {
  const cancel = new AbortController();
  const late = delay(DEADLINE, otherwise, { signal: cancel.signal });
  // It is only waited for until the part has answered.
  late.catch(() => undefined);
  return Promise.race([state, late]).finally(() => cancel.abort());
}

const migrationState = (pending: ReadinessDeps['pendingMigrations']): Promise<PartState> =>
  pending().then(
    (names) => (names.length === 0 ? OK : { isReady: false, text: `not applied: ${names.join(', ')}` }),
    () => UNKNOWN,
  );

async function policyState(readiness: ReadinessDeps['policyReadiness']): Promise<PartState> {
  const state = await readiness();
  return state.ready ? OK : { isReady: false, text: `${state.problem}: ${state.detail}` };
}
