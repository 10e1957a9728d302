import path from 'node:path';
import type { RequestHandler } from 'express';
import type { PasswordService } from '../authentication/passwords/service.js';
import {
  healthHandler,
  livenessHandler,
  metricsHandler,
  readinessHandler,
} from '../features/operations/handlers.js';
import type { Metrics } from '../features/operations/metrics/metrics.js';
import { createReadiness, type ReadinessCheck } from '../features/operations/readiness.js';
import { MIGRATIONS, pendingMigrations } from '../platform/db/migrate.js';
import { execute } from '../platform/db/queryable.js';
import { sql } from '../platform/db/sql.js';
import { readDatabaseState } from '../platform/db/state.js';
import type { Ending } from '../platform/http/endings.js';
import type { Exchange, Exchanges } from '../platform/http/exchange.js';
import { summarizeOutbox } from '../platform/mail/outbox.js';
import type { Engines } from './engines.js';
import type { ContainerOptions } from './options.js';
import type { State } from './state.js';

/** A handler outside the pipeline. */
export interface PlainHandler {
  readonly path: string;
  readonly handler: RequestHandler;
}

export interface OperationsParts {
  readonly options: ContainerOptions;
  readonly engines: Engines;
  readonly exchanges: Exchanges;
  readonly state: State;
  readonly allowedHosts: readonly string[];
  readonly metrics: Metrics;
  readonly passwords: Pick<PasswordService, 'load'>;
  readonly readiness: ReadinessCheck;
}

/** Probes, CVAT's health page, metrics, and the access log. */
export function composeOperations(parts: OperationsParts) {
  const { options, engines, exchanges, allowedHosts, metrics, readiness } = parts;
  const { config, clock, log } = options;
  watchParts(parts);
  const deps = {
    exchanges,
    clock,
    metrics,
    readiness,
    metricsToken: config.METRICS_TOKEN,
    allowedHosts,
    pingDatabase: async () => {
      await execute(engines.db, sql`select 1`);
    },
    pingRedis: engines.redis?.ping ?? null,
    policyReadiness: engines.policyEngine.ready,
    folder: path.resolve(config.DATA_DIR),
    maximumDiskPercent: config.CVAT_HEALTH_DISK_USAGE_MAX,
  };
  const probes: readonly PlainHandler[] = [
    { path: '/livez', handler: livenessHandler(deps) },
    { path: '/readyz', handler: readinessHandler(deps) },
    { path: '/metrics', handler: metricsHandler(deps) },
  ];
  const pages: readonly PlainHandler[] = [{ path: '/api/server/health/', handler: healthHandler(deps) }];

  return {
    probes,
    pages,
    slashPaths: [/^\/api\/server\/health\/$/],
    onEnd: createAccessLog(log, metrics),
  };
}

/** Connects the check of the parts, which probes, metrics and the state of the server share. */
export const composeReadiness = ({
  options,
  engines,
  state,
}: Pick<OperationsParts, 'options' | 'engines' | 'state'>): ReadinessCheck =>
  createReadiness({
    clock: options.clock,
    databaseState: () => readDatabaseState(engines.db),
    redisState: engines.redis?.state ?? null,
    needsRedis: options.config.SESSION_STORE === 'redis',
    policyReadiness: engines.policyEngine.ready,
    rulesState: engines.rules.state,
    pendingMigrations: () => pendingMigrations(engines.db, MIGRATIONS),
    isStopping: () => state.stopping,
    isPrepared: () => state.prepared,
  });

/** Lets the metrics read the parts at each scrape. */
function watchParts({ engines, metrics, passwords, readiness }: OperationsParts): void {
  metrics.watch({
    database: engines.db.load,
    hashing: passwords.load,
    isRedisConnected: engines.redis?.isConnected ?? null,
    readiness: readiness.recent,
    outbox: () => summarizeOutbox(engines.db),
  });
}

/** @returns a function that counts an answer and logs it */
const createAccessLog =
  (log: ContainerOptions['log'], metrics: Metrics) =>
  ({ id, req, path, userId, origin }: Exchange, { status, aborted }: Ending, seconds: number): void => {
    const route = typeof req.route?.path === 'string' ? req.route.path : 'none';
    metrics.observe({ method: req.method, route, status: aborted ? 'aborted' : String(status) }, seconds);
    const ms = Math.round(seconds * 1000);
    // Paths contain the keys of confirmations and invitations.
    const shown = path.replace(/[^/]{32,}/g, '***');
    log.info(
      {
        request: id,
        method: req.method,
        path: shown,
        status,
        ...(aborted ? { aborted } : {}),
        ms,
        user: userId,
        client: origin.clientAddress,
      },
      'request',
    );
  };
