import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres-server.js';
import { missingServices } from './programs.js';
import { startOpa, startRedis } from './services.js';

export interface ServiceUrls {
  readonly database: string;
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
  project.provide('services', { database: database.url, redis: redis.url, opa: opa.url });
  return async () => {
    await Promise.all([database.remove(), redis.stop(), opa.stop()]);
  };
}
