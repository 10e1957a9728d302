import { type DestinationStream, pino } from 'pino';

/**
 * Structured logs: one JSON object per line. Values that may hold secrets never get here; the paths below are a safety
 * net.
 */
export interface Log {
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
  readonly debug: (fields: object, message: string) => void;
}

const SECRET_FIELDS = ['password', 'token', 'key', 'secret', 'authorization', 'cookie'];

/**
 * @param level lowest severity that is written
 * @param destination where lines are written; standard output by default
 */
export function createLog(level: string, destination?: DestinationStream): Log {
  const options = {
    level,
    base: null,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[removed]' },
    serializers: { error: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Stack and causes, without an error's other properties, which may hold query parameters. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...('code' in error ? { code: error.code } : {}),
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
