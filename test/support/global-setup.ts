import type { TestProject } from 'vitest/node';
import { startPgbouncer } from './pgbouncer.js';
import { startPostgres } from './postgres-server.js';
import { missingServices } from './programs.js';
import { startOpa, startRedis } from './services.js';
import { findTemplate } from './template.js';

export interface ServiceUrls {
  readonly database: string;
  /** The same server behind a pooler that gives each transaction another connection; null without TEST_PGBOUNCER=1. */
  readonly pooled: string | null;
  /** The name of a database there with all migrations applied, to be copied: no server has to migrate its own. */
  readonly template: string;
  readonly redis: string;
  readonly opa: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    engines: 'embedded' | 'real';
    services: ServiceUrls | null;
  }
}

/** Starts PostgreSQL, Redis and OPA once for the run, when their programs are on the machine. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (missingServices().length > 0) {
    project.provide('services', null);
    return async () => undefined;
  }
  const [database, redis, opa] = await Promise.all([startPostgres(), startRedis(), startOpa()]);
  const template = await findTemplate(database.url);
  const pooler = process.env['TEST_PGBOUNCER'] === '1' ? await startPgbouncer(database.url) : undefined;
  const pooled = pooler?.through(database.url) ?? null;
  project.provide('services', { database: database.url, pooled, template, redis: redis.url, opa: opa.url });
  return async () => {
    await pooler?.stop();
    await Promise.all([database.remove(), redis.stop(), opa.stop()]);
  };
}
