import { afterEach, beforeEach } from 'vitest';
import { createTestApp, type TestApp } from './app.js';
import { type CvatDatabase, createCvatDatabase, type Release } from './cvat.js';
import { useSetUp } from './hooks.js';
import { startPostgres } from './postgres-server.js';

/** A database of CVAT for each test of a suite, which the test changes, and servers on it. */
export function useServersBesideCvat(release: Release, env: Readonly<Record<string, string>> = {}) {
  const postgres = useSetUp(startPostgres, (server) => server.remove());
  let cvat: CvatDatabase;
  let app: TestApp | undefined;
  beforeEach(async () => {
    cvat = await createCvatDatabase(postgres().url, release);
  });
  const stop = async (): Promise<void> => {
    await app?.close();
    app = undefined;
  };
  afterEach(async () => {
    await stop();
    await cvat.drop();
  });
  return {
    cvat: () => cvat,
    /** Starts a server, in place of the one before. */
    start: async (): Promise<TestApp> => {
      await stop();
      app = await createTestApp({ engines: 'embedded', env: { DATABASE_URL: cvat.url, ...env } });
      return app;
    },
    /** Runs statements as CVAT would. @returns the rows of the last one */
    query: async (text: string): Promise<unknown[]> => (await cvat.client.query(text)).rows,
  };
}
