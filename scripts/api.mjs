/** The server's routes as defined in its sources, for scripts that generate or print something from them. */
import path from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { ROOT } from './source-files.mjs';

/** A port without a listener: the routes are composed, but no service is contacted. */
const NOWHERE = '127.0.0.1:1';

const source = (name) => tsImport(path.join(ROOT, 'src', name), import.meta.url);

/**
 * @param work receives the routes of the pipeline, every path known to Express, and a function that creates the
 *   document
 * @returns what `work` returns
 */
export async function withApi(work) {
  const [{ createContainer }, { loadConfig }, { createLog }, { systemClock }, { systemRandom }] =
    await Promise.all(
      [
        'container.ts',
        'platform/config/load.ts',
        'platform/telemetry/log.ts',
        'kernel/clock.ts',
        'kernel/random.ts',
      ].map(source),
    );
  const config = loadConfig({
    DATABASE_URL: `postgres://${NOWHERE}/cvat`,
    OPA_URL: `http://${NOWHERE}`,
    LOG_LEVEL: 'silent',
  });
  const container = await createContainer({
    config,
    clock: systemClock,
    random: systemRandom,
    log: createLog(config.LOG_LEVEL),
    strict: false,
  });
  try {
    const paths = container.app.router.stack.flatMap(({ route }) => route?.path ?? []);
    return await work({ routes: container.routes, paths, document: container.document });
  } finally {
    await container.close();
  }
}
