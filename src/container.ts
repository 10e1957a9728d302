import { fileURLToPath } from 'node:url';
import type { Express } from 'express';
import { createApp } from './app.js';
import { createAccessTokenCheck } from './authentication/access-tokens.js';
import { createChecks } from './authentication/authenticator.js';
import { createChain } from './authentication/chain.js';
import { createCredentialCheck } from './authentication/credentials.js';
import { CSRF_COOKIE, csrfFormatProblem } from './authentication/csrf.js';
import { createFailureLimit } from './authentication/failure-limit.js';
import { createPasswordService } from './authentication/passwords/service.js';
import { createPasswordPolicy } from './authentication/passwords/validators/policy.js';
import { createVerifiedCredentials } from './authentication/passwords/verified-credentials.js';
import { createSessions } from './authentication/sessions/sessions.js';
import { createAuthorizer } from './authorization/authorizer.js';
import { createBundle } from './authorization/bundle/bundle.js';
import { selectorForLookup } from './authorization/context.js';
import {
  createAccounts,
  ensureFirstAdmin,
  type FirstAdmin,
  findCandidates,
  recordAccessTokenUse,
  upgradeAccessTokenHash,
  upgradePassword,
} from './features/accounts/index.js';
import { healthHandler, livenessHandler, metricsHandler, readinessHandler } from './features/operations/handlers.js';
import { createMetrics } from './features/operations/metrics.js';
import { bundleRoutes } from './features/policy-bundle/routes.js';
import { serverInfoRoutes } from './features/server-info/routes.js';
import { createIdentityStore, userRoutes } from './features/users/index.js';
import type { Clock } from './kernel/clock.js';
import { ServiceUnavailable } from './kernel/errors.js';
import type { Random } from './kernel/random.js';
import type { Config } from './platform/config/settings.js';
import { MIGRATIONS, migrate, pendingMigrations } from './platform/db/migrate.js';
import { execute } from './platform/db/queryable.js';
import { sql } from './platform/db/sql.js';
import { cookieValue } from './platform/http/cookies.js';
import { createExchanges } from './platform/http/exchange.js';
import { createOriginReader } from './platform/http/origin.js';
import { challengeOf } from './platform/http/pipeline.js';
import type { AnyRoute } from './platform/http/route.js';
import type { Log } from './platform/telemetry/log.js';
import { createRequestLimit } from './platform/throttle/request-limit.js';
import { secretKeyFromDatabase, secretKeyFromFile } from './secret-key.js';
import { type Engines, openEngines } from './engines.js';

export interface ContainerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly version: string;
  /** Checks answers against their schemas and misuse of transactions: tests and development. */
  readonly strict: boolean;
}

export interface Container {
  readonly app: Express;
  readonly engines: Pick<Engines, 'database' | 'sessions' | 'policy'>;
  /** Migrates, finds the secret key, creates the first administrator. @throws ServiceUnavailable, StartError */
  readonly prepare: () => Promise<FirstAdmin | undefined>;
  /** From now on readiness says no. */
  readonly stop: () => void;
  readonly close: () => Promise<void>;
}

const RULES = fileURLToPath(new URL('../rules', import.meta.url));

/** The composition root: the only place that builds and joins the parts. */
export async function createContainer(options: ContainerOptions): Promise<Container> {
  const { config, clock, random, log } = options;
  const bundle = await createBundle([RULES]);
  const engines = await openEngines({ ...options, revision: bundle.revision });
  const { db, rates } = engines;
  const state = { secretKey: config.SECRET_KEY, prepared: false, stopping: false };
  const warn = (message: string) => (error: unknown) => log.warn({ error }, message);

  const secretKey = (): string => {
    if (state.secretKey === undefined) throw notPrepared();
    return state.secretKey;
  };
  const exchanges = createExchanges(createOriginReader(config.TRUSTED_PROXIES));
  const identities = createIdentityStore(db);
  const passwords = createPasswordService({
    clock,
    random,
    rounds: config.PASSWORD_BCRYPT_ROUNDS,
    queueLimit: config.PASSWORD_HASH_QUEUE,
    extraHashers: config.PASSWORD_HASHERS_EXTRA,
    concurrency: config.PASSWORD_HASH_CONCURRENCY,
  });
  const sessions = createSessions({
    store: engines.sessionStore,
    clock,
    random,
    secretKey,
    ageSeconds: config.SESSION_COOKIE_AGE,
    secureSessionCookie: config.SESSION_COOKIE_SECURE,
    secureCsrfCookie: config.CSRF_COOKIE_SECURE,
    onRenewalError: warn('A session could not be renewed.'),
  });
  const checkCredentials = createCredentialCheck({
    findCandidates: (username, email) => findCandidates(db, username, email),
    upgradePassword: async (userId, change) => {
      await upgradePassword(db, userId, change);
    },
    passwords,
    failures: createFailureLimit(
      {
        perAddress: config.LOGIN_FAILURES_PER_ADDRESS,
        perAccount: config.LOGIN_FAILURES_PER_ACCOUNT,
        perAccountAndAddress: config.LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS,
      },
      rates,
    ),
    secretKey,
    onUpgradeError: warn('A password hash could not be upgraded.'),
  });
  const emailVerificationIsMandatory = config.ACCOUNT_EMAIL_VERIFICATION === 'mandatory';
  const chain = createChain(
    createChecks({
      exchanges,
      selectorOf: selectorForLookup,
      identities,
      checkAccessToken: createAccessTokenCheck({
        identities,
        passwords,
        clock,
        stalePeriodSeconds: config.CVAT_ACCESS_TOKEN_STALE_PERIOD,
        lastUseIntervalSeconds: config.CVAT_ACCESS_TOKEN_LAST_USE_UPDATE_MIN_INTERVAL,
        recordUse: async (id, previous, now) => {
          await recordAccessTokenUse(db, id, previous, now);
        },
        upgradeHash: async (id, from, to) => {
          await upgradeAccessTokenHash(db, id, from, to);
        },
        onWriteError: warn('The use of an access token could not be noted.'),
      }),
      checkCredentials,
      verifiedCredentials: createVerifiedCredentials({ clock, random }),
      sessions,
      csrfTrustedOrigins: config.CSRF_TRUSTED_ORIGINS,
      emailVerificationIsMandatory,
    }),
  );
  const accounts = createAccounts({
    db,
    clock,
    random,
    identities,
    sessions,
    passwords,
    policy: createPasswordPolicy(),
    checkCredentials,
    defaultGroup: config.IAM_DEFAULT_ROLE,
    emailVerificationIsMandatory,
    onWriteError: warn('A login could not be noted.'),
  });
  const metrics = createMetrics();
  const anonymousLimit =
    config.THROTTLE_ANON === null
      ? async () => undefined
      : createRequestLimit(config.THROTTLE_ANON, rates, clock, (req) => `anon:${exchanges.of(req).origin.clientAddress}`);

  const routes: readonly AnyRoute[] = [
    ...accounts.routes,
    ...userRoutes,
    ...serverInfoRoutes({ version: options.version, analytics: config.CVAT_ANALYTICS, models: config.CVAT_SERVERLESS }),
    ...bundleRoutes(() => bundle),
  ];

  const operations = {
    exchanges,
    metrics,
    metricsToken: config.METRICS_TOKEN,
    pingDatabase: async () => {
      await execute(db, sql`select 1`);
    },
    pingRedis: engines.redis?.ping ?? null,
    policyReadiness: engines.policyEngine.ready,
    pendingMigrations: () => pendingMigrations(db, MIGRATIONS),
    isStopping: () => state.stopping,
    folder: '.',
    maximumDiskPercent: config.CVAT_HEALTH_DISK_USAGE_MAX,
  };

  const app = createApp({
    exchanges,
    clock,
    random,
    log,
    allowedHosts: [...config.ALLOWED_HOSTS, new URL(config.PUBLIC_URL).hostname],
    corsAllowedOrigins: config.CORS_ALLOWED_ORIGINS,
    slashPaths: [/^\/api\/server\/health\/$/],
    repairCsrf: (exchange) => {
      const cookie = cookieValue(exchange.cookies, CSRF_COOKIE);
      if (cookie !== undefined && csrfFormatProblem(cookie) !== undefined) sessions.rotateCsrf(exchange);
    },
    onResponse: ({ id, req, path, userId, origin }, status, seconds) => {
      const route = typeof req.route?.path === 'string' ? req.route.path : 'none';
      metrics.observe(req.method, route, status, seconds);
      const fields = { request: id, method: req.method, path, status, ms: Math.round(seconds * 1000), user: userId, client: origin.clientAddress };
      log.info(fields, 'request');
    },
    probes: [
      { path: '/livez', handler: livenessHandler(operations) },
      { path: '/readyz', handler: readinessHandler(operations) },
      { path: '/metrics', handler: metricsHandler(operations) },
    ],
    pages: [{ path: '/api/server/health/', handler: healthHandler(operations) }],
    routes,
    pipeline: {
      exchanges,
      identify: (exchange, ways, _needsOrganization) => {
        if (ways !== 'none' && !state.prepared) throw notPrepared();
        return chain.identify(exchange.req, exchange.res, ways, challengeOf(ways));
      },
      authorize: createAuthorizer(engines.policyEngine),
      throttle: async ({ req, res }, caller) => {
        if (caller === null) await anonymousLimit(req, res);
      },
      checkResponses: options.strict,
    },
  });

  const prepare = async (): Promise<FirstAdmin | undefined> => {
    if (config.MIGRATE_ON_START) await migrate(db, MIGRATIONS);
    state.secretKey ??=
      config.DATABASE_URL === undefined
        ? await secretKeyFromFile(config.DATA_DIR, random)
        : await secretKeyFromDatabase(db, random);
    const admin = await ensureFirstAdmin(
      { db, passwords, clock, random },
      { username: config.ADMIN_USERNAME, email: config.ADMIN_EMAIL, password: config.ADMIN_PASSWORD },
    );
    state.prepared = true;
    return admin;
  };

  return {
    app,
    engines,
    prepare,
    stop: () => {
      state.stopping = true;
    },
    close: engines.close,
  };
}

const notPrepared = (): ServiceUnavailable =>
  new ServiceUnavailable('database_unreachable', 'The server is starting: the database does not answer yet.');
