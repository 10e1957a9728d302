import { fileURLToPath } from 'node:url';
import session from 'express-session';
import type { SessionIndex } from '../authentication/sessions/session-index.js';
import { createSessionStore, type SessionStore } from '../authentication/sessions/store.js';
import type { PolicyEngine } from '../authorization/engines/engine.js';
import type { Metrics } from '../features/operations/metrics/metrics.js';
import { createDatabaseIndex, createDjangoStore } from '../features/sessions/index.js';
import type { StoredSessions } from '../features/users/index.js';
import { SECOND } from '../kernel/clock.js';
import { createDatabase } from '../platform/db/database.js';
import { describeFailure } from '../platform/db/failures.js';
import type { Database } from '../platform/db/pool.js';
import type { RedisConnection } from '../platform/redis/client.js';
import {
  createFallbackRateStore,
  createMemoryRateStore,
  createRedisRateStore,
  type RateStore,
} from '../platform/throttle/rate-store.js';
import type { ContainerOptions } from './options.js';
import { openRules, type Rules } from './rules.js';
import { opaAddressOf, redisSettingsOf } from './services.js';

/** The parts that three URLs in the settings switch between a real service and an embedded one. */
export interface Engines {
  readonly database: 'PostgreSQL' | 'embedded';
  readonly sessions: 'Redis' | 'in the database' | 'shared with CVAT';
  readonly policy: 'OPA' | 'embedded';
  readonly db: Database;
  readonly redis: RedisConnection | null;
  readonly sessionStore: SessionStore;
  readonly sessionIndex: SessionIndex;
  readonly storedSessions: StoredSessions;
  readonly rates: RateStore;
  readonly policyEngine: PolicyEngine;
  readonly rules: Rules;
  readonly close: () => Promise<void>;
}

const POLICY = fileURLToPath(new URL('../../rules/compiled/policy.wasm', import.meta.url));
/** Seconds between two clean-ups of expired sessions in the database. */
const PRUNE_INTERVAL = 15 * 60;

/**
 * Loads only the libraries of the chosen parts, which saves a tenth of the memory.
 *
 * @throws StartError if an embedded part cannot be opened; real services may be down, now and later
 */
export async function openEngines(options: ContainerOptions, metrics: Metrics): Promise<Engines> {
  const { config, clock, log } = options;
  const rules = await openRules(options);
  const policyEngine = await openPolicyEngine(options, rules, metrics);
  const db = options.database ?? (await openDatabase(options, metrics));
  const redis = await openRedis(options, metrics);
  const sessions = await openSessions(db, redis, options);
  const memory = createMemoryRateStore(clock);
  const rates =
    redis === null
      ? memory
      : createFallbackRateStore(
          createRedisRateStore(redis.client, `${config.REDIS_KEY_PREFIX}rate:`, clock),
          memory,
          (error) => {
            metrics.countRateFallback();
            log.warn({ error }, 'Redis does not answer: this process counts requests on its own.');
          },
        );
  return {
    database: config.DATABASE_URL === undefined ? 'embedded' : 'PostgreSQL',
    sessions: sessions.place,
    policy: config.OPA_URL === undefined ? 'embedded' : 'OPA',
    db,
    redis,
    sessionStore: sessions.store,
    sessionIndex: sessions.index,
    storedSessions: sessions.stored,
    rates,
    policyEngine,
    rules,
    close: async () => {
      sessions.close();
      await rules.close();
      await policyEngine.close();
      await redis?.close();
      await db.close();
    },
  };
}

async function openPolicyEngine(
  { config }: ContainerOptions,
  rules: Rules,
  metrics: Metrics,
): Promise<PolicyEngine> {
  const opa = opaAddressOf(config);
  if (opa === null) {
    const { createEmbeddedEngine } = await import('../authorization/engines/opa-wasm.js');
    return createEmbeddedEngine(POLICY);
  }
  const { createOpaHttpEngine } = await import('../authorization/engines/opa-http.js');
  return createOpaHttpEngine({
    ...opa,
    timeoutMs: config.OPA_TIMEOUT_MS,
    isOurs: rules.isOurs,
    sharesPlugins: config.RULES_DIR.length === 0,
    observe: metrics.policyExchanges,
  });
}

async function openRedis(options: ContainerOptions, metrics: Metrics): Promise<RedisConnection | null> {
  const settings = redisSettingsOf(options.config);
  if (settings === null) return null;
  const { connectRedis } = await import('../platform/redis/client.js');
  return connectRedis(settings, createRedisReporter(options, metrics));
}

const openDatabase = ({ config, strict }: ContainerOptions, metrics: Metrics): Promise<Database> =>
  createDatabase({
    url: config.DATABASE_URL,
    dataDir: config.DATA_DIR,
    poolSize: config.DATABASE_POOL_SIZE,
    timeout: config.DATABASE_TIMEOUT * SECOND,
    applicationName: 'cvat-auth-server',
    preparedStatements: config.DATABASE_PREPARED_STATEMENTS,
    guardNesting: strict,
    onConnectionFailure: metrics.countConnectionFailure,
  });

interface OpenStore {
  readonly place: Engines['sessions'];
  readonly store: SessionStore;
  readonly index: SessionIndex;
  readonly stored: StoredSessions;
  readonly close: () => void;
}

/** Nobody else opens sessions in a store of our own: what they are bound to ends them. */
const NOT_SHARED: StoredSessions = { end: () => Promise.resolve() };

function openSessions(
  db: Database,
  redis: RedisConnection | null,
  options: ContainerOptions,
): Promise<OpenStore> | OpenStore {
  const { config } = options;
  if (config.SESSION_STORE === 'django') return sharedSessions(db, config.SECRET_KEY ?? '', options);
  return redis === null || config.SESSION_STORE === 'database'
    ? databaseSessions(db, config.SESSION_COOKIE_AGE)
    : redisSessions(redis, options);
}

/** Expired sessions go here too, because CVAT removes them once a day, and not while it is stopped. */
function sharedSessions(
  db: Database,
  secretKey: string,
  { config, clock, log }: ContainerOptions,
): OpenStore {
  const { store, index, stored, prune } = createDjangoStore({
    db,
    clock,
    secretKey,
    ageSeconds: config.SESSION_COOKIE_AGE,
  });
  const runPrune = () =>
    prune().catch((error: unknown) => log.warn({ error }, 'Expired sessions could not be removed.'));
  const timer = setInterval(() => void runPrune(), PRUNE_INTERVAL * SECOND);
  timer.unref();
  return { place: 'shared with CVAT', store, index, stored, close: () => clearInterval(timer) };
}

async function redisSessions(
  { client }: RedisConnection,
  { config, log }: ContainerOptions,
): Promise<OpenStore> {
  const [{ RedisStore }, { createRedisIndex }, { describeRedisFailure }] = await Promise.all([
    import('connect-redis'),
    import('../authentication/sessions/redis-index.js'),
    import('../platform/redis/client.js'),
  ]);
  const ageSeconds = config.SESSION_COOKIE_AGE;
  const sessionPrefix = `${config.REDIS_KEY_PREFIX}session:`;
  const store = new RedisStore({ client, prefix: sessionPrefix, ttl: ageSeconds });
  return {
    place: 'Redis',
    stored: NOT_SHARED,
    store: createSessionStore(store, ageSeconds, describeRedisFailure),
    index: createRedisIndex({
      client,
      sessionPrefix,
      indexPrefix: `${config.REDIS_KEY_PREFIX}sessions-of:`,
      ageSeconds,
      describeFailure: describeRedisFailure,
      onSearchError: (error) => log.warn({ error }, 'Sessions of earlier releases could not be searched.'),
    }),
    close: () => undefined,
  };
}

async function databaseSessions(db: Database, ageSeconds: number): Promise<OpenStore> {
  const { default: connectPgSimple } = await import('connect-pg-simple');
  const PgStore = connectPgSimple(session);
  const store = new PgStore({
    pool: db.pool,
    tableName: 'auth_server_sessions',
    ttl: ageSeconds,
    pruneSessionInterval: PRUNE_INTERVAL,
    errorLog: () => undefined,
  });
  return {
    place: 'in the database',
    stored: NOT_SHARED,
    store: createSessionStore(store, ageSeconds, describeFailure),
    index: createDatabaseIndex(db),
    close: () => void store.close(),
  };
}

/** ioredis reports every attempt to reconnect: all are counted, and one line of the log per change is enough. */
function createRedisReporter({ log }: ContainerOptions, metrics: Metrics): (error: Error) => void {
  let last = '';
  return (error) => {
    metrics.countRedisError();
    if (error.message === last) return;
    last = error.message;
    log.warn({ error }, 'Redis does not answer.');
  };
}
