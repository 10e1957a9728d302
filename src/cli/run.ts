import { type Container, createContainer } from '../container.js';
import { systemClock } from '../kernel/clock.js';
import { ApiError } from '../kernel/errors.js';
import { systemRandom } from '../kernel/random.js';
import { StartError } from '../kernel/start-error.js';
import { loadConfig, readEnvironment } from '../platform/config/load.js';
import { createLog } from '../platform/telemetry/log.js';
import { CVAT_VERSION } from '../version.js';

export interface OutputOptions {
  readonly json?: boolean;
}

/** Prints a result: as JSON for programs, as lines for people. */
export function print(result: unknown, { json = false }: OutputOptions, lines: readonly string[]): void {
  console.log(json ? JSON.stringify(result, null, 2) : lines.join('\n'));
}

/** Runs a command with the server's own parts and the configured database, then closes them. */
export async function withServer<T>(work: (container: Container) => Promise<T>): Promise<T> {
  const container = await createContainer({
    config: loadConfig(readEnvironment()),
    clock: systemClock,
    random: systemRandom,
    log: createLog('silent'),
    version: CVAT_VERSION,
    strict: false,
    isServing: false,
  });
  try {
    const { admin, problem } = await container.prepare();
    if (problem !== undefined) console.error(problem);
    if (admin?.generatedPassword)
      console.error(`The administrator "${admin.username}" was created: ${admin.generatedPassword}`);
    return await work(container);
  } finally {
    await container.close();
  }
}

/** Prints one sentence and exits with code 1; prints a stack trace only for bugs. */
export function fail(error: unknown): void {
  process.exitCode = 1;
  if (error instanceof StartError) console.error(error.message);
  else if (error instanceof ApiError) console.error(sentenceOf(error));
  else console.error(error);
}

/** The text of an API error, preceded by the field it concerns. */
const sentenceOf = ({ body }: ApiError): string => {
  if (typeof body !== 'object' || body === null) return String(body);
  if (Array.isArray(body)) return body.join(' ');
  if ('detail' in body) return String(body.detail);
  return Object.entries(body)
    .map(([field, words]) => (field === UNNAMED ? wordsOf(words) : `${field}: ${wordsOf(words)}`))
    .join(' ');
};

const UNNAMED = 'non_field_errors';
const wordsOf = (words: unknown): string => (Array.isArray(words) ? words.join(' ') : String(words));
