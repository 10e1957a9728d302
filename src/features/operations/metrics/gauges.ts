import { Counter, Gauge, type Registry } from 'prom-client';
import type { QueueLoad } from '../../../authentication/passwords/queue.js';
import type { DatabaseLoad } from '../../../platform/db/pool.js';
import type { OutboxSummary } from '../../../platform/mail/outbox.js';
import { withinDeadline } from '../deadline.js';
import type { Readiness } from '../readiness.js';

/** The parts that each scrape reads. Only the last two may ask a service. */
export interface MetricSources {
  readonly database: () => DatabaseLoad;
  readonly hashing: () => QueueLoad;
  /** Null without Redis. */
  readonly isRedisConnected: (() => boolean) | null;
  readonly readiness: () => Promise<Readiness>;
  readonly outbox: () => Promise<OutboxSummary>;
}

const SOURCES = ['readiness', 'outbox'] as const;
type Source = (typeof SOURCES)[number];

/** Gauges of the parts of the server, read at each scrape. One that cannot be read is missing, and an error is counted. */
export function createGauges(registry: Registry, partReady: Gauge<'part'>) {
  const errors = new Counter({
    name: 'cvat_auth_metrics_errors_total',
    help: 'Values that a scrape could not read, by source.',
    labelNames: ['source'] as const,
    registers: [registry],
  });
  for (const source of SOURCES) errors.inc({ source }, 0);
  const readLoad = createLoadGauges(registry);
  const showReadiness = createReadinessGauges(registry, partReady);
  const showOutbox = createOutboxGauges(registry);
  let sources: MetricSources | undefined;

  const ask = async <T>(source: Source, question: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await withinDeadline(question(), () => {
        throw new Error('The source did not answer in time.');
      });
    } catch {
      errors.inc({ source });
      return undefined;
    }
  };

  return {
    watch: (parts: MetricSources): void => {
      sources = parts;
    },
    read: async (): Promise<void> => {
      if (sources === undefined) return;
      const { readiness, outbox } = sources;
      readLoad(sources);
      const [state, mails] = await Promise.all([ask('readiness', readiness), ask('outbox', outbox)]);
      showReadiness(state);
      showOutbox(mails);
    },
  };
}

function createLoadGauges(registry: Registry) {
  const registers = [registry];
  const connections = new Gauge({
    name: 'cvat_auth_database_connections',
    help: 'Connections to the database, by state.',
    labelNames: ['state'] as const,
    registers,
  });
  const limit = new Gauge({
    name: 'cvat_auth_database_connections_limit',
    help: 'Connections to the database that this process may open (DATABASE_POOL_SIZE).',
    registers,
  });
  const waiting = new Gauge({
    name: 'cvat_auth_database_waiting_statements',
    help: 'Statements that wait for a connection to the database.',
    registers,
  });
  const hashes = new Gauge({
    name: 'cvat_auth_password_queue_jobs',
    help: 'Password hashes in the queue, by state.',
    labelNames: ['state'] as const,
    registers,
  });
  const redis = new Gauge({
    name: 'cvat_auth_redis_connected',
    help: 'Whether the connection to Redis is open; missing without Redis.',
    registers,
  });
  return ({ database, hashing, isRedisConnected }: MetricSources): void => {
    const [load, queue] = [database(), hashing()];
    connections.set({ state: 'idle' }, load.open - load.used);
    connections.set({ state: 'used' }, load.used);
    limit.set(load.limit);
    waiting.set(load.waiting);
    hashes.set({ state: 'waiting' }, queue.waiting);
    hashes.set({ state: 'running' }, queue.running);
    setOrRemove(redis, isRedisConnected === null ? undefined : Number(isRedisConnected()));
  };
}

const PARTS = ['database', 'migrations', 'redis', 'policy', 'rules'] as const;

/** @returns undefined for a part that is not used */
const isPartReady = ({ parts, rules }: Readiness, part: (typeof PARTS)[number]): boolean | undefined =>
  part === 'rules' ? rules === 'ok' : parts[part]?.isReady;

function createReadinessGauges(registry: Registry, partReady: Gauge<'part'>) {
  const ready = new Gauge({
    name: 'cvat_auth_ready',
    help: 'Whether the server can serve, as /readyz tells; the last answer of /readyz if it is younger than 10 seconds.',
    registers: [registry],
  });
  return (state: Readiness | undefined): void => {
    setOrRemove(ready, state && Number(state.status === 'ok'));
    for (const part of PARTS) {
      const isReady = state && isPartReady(state, part);
      if (isReady === undefined) partReady.remove(part);
      else partReady.set({ part }, Number(isReady));
    }
  };
}

function createOutboxGauges(registry: Registry) {
  const registers = [registry];
  const waiting = new Gauge({
    name: 'cvat_auth_outbox_waiting_mails',
    help: 'Mails in the outbox that wait to be sent. All replicas share the outbox.',
    registers,
  });
  const oldest = new Gauge({
    name: 'cvat_auth_outbox_oldest_mail_age_seconds',
    help: 'Age of the oldest mail that waits to be sent; 0 if none waits.',
    registers,
  });
  const failed = new Gauge({
    name: 'cvat_auth_outbox_failed_mails',
    help: 'Mails that were given up in the last 30 days, and are kept in the outbox.',
    registers,
  });
  return (mails: OutboxSummary | undefined): void => {
    setOrRemove(waiting, mails?.waiting);
    setOrRemove(oldest, mails?.oldestSeconds);
    setOrRemove(failed, mails?.parked);
  };
}

/** A value that is not known is missing in the answer. */
function setOrRemove(gauge: Gauge, value: number | undefined): void {
  if (value === undefined) gauge.remove();
  else gauge.set(value);
}
