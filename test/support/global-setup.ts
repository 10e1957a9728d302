import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.js';
import { missingServices } from './programs.js';
import { startOpa, startRedis } from './services.js';
import { findTemplate } from './template.js';

export interface ServiceUrls {
  readonly database: string;
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
  project.provide('services', { database: database.url, template, redis: redis.url, opa: opa.url });
  return async () => {
    await Promise.all([database.remove(), redis.stop(), opa.stop()]);
  };
}
