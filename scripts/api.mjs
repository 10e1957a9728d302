/** The server's routes as its sources describe them, for the scripts that generate or print something from them. */
import path from 'node:path';
import { tsImport } from 'tsx/esm/api';
import { ROOT } from './source-files.mjs';

/** A port on which nothing listens: the routes are composed, and nothing is asked of any service. */
const NOWHERE = '127.0.0.1:1';

const source = (name) => tsImport(path.join(ROOT, 'src', name), import.meta.url);

/**
 * @param work gets the routes of the pipeline, every path that Express has, and a function that makes the document
 * @returns what `work` returns
 */
export async function withApi(work) {
  const [{ createContainer }, { loadConfig }, { createLog }, { systemClock }, { systemRandom }, versions] =
    await Promise.all(
      [
        'container.ts',
        'platform/config/load.ts',
        'platform/telemetry/log.ts',
        'kernel/clock.ts',
        'kernel/random.ts',
        'version.ts',
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
    version: versions.CVAT_VERSION,
    strict: false,
  });
  try {
    const paths = container.app.router.stack.flatMap(({ route }) => route?.path ?? []);
    return await work({ routes: container.routes, paths, document: container.document });
  } finally {
    await container.close();
  }
}
