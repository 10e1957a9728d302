import type { ClientConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';
import { StartError } from '../../kernel/start-error.js';

/** PostgreSQL asks for a password, and the URL has none. */
class MissingPassword extends Error {
  override readonly name = 'MissingPassword';

  constructor() {
    super('PostgreSQL asks for a password, and the URL has none');
  }
}

/** Modes that `pg` treats as `verify-full`, with a warning on the terminal: TLS, and a certificate that is checked. */
const CHECKED_MODES = new Set(['allow', 'prefer', 'require', 'verify-ca']);

/**
 * Reads the URL of a PostgreSQL server as libpq and `pg` do, with the files that it names.
 *
 * @param url checked by the configuration
 * @param setting the name of the setting with the URL, for errors
 * @throws StartError if a file can't be read
 */
export function readConnectionOptions(url: string, setting = 'DATABASE_URL'): ClientConfig {
  const mode = url.match(/[?&]sslmode=([^&]*)/)?.[1] ?? '';
  const strict = CHECKED_MODES.has(mode) ? url.replace(`sslmode=${mode}`, 'sslmode=verify-full') : url;
  const { password, ...options } = parse(strict, setting);
  return { ...options, password: password || noPassword };
}

/** An error of `pg` itself while it connects would leave the connection open: this one has a name. */
function noPassword(): never {
  throw new MissingPassword();
}

function parse(url: string, setting: string): ClientConfig {
  try {
    return parseIntoClientConfig(url);
  } catch (cause) {
    if (!(cause instanceof Error) || !('path' in cause)) throw cause;
    const code = 'code' in cause ? cause.code : cause.message;
    throw new StartError(
      `${setting} names ${String(cause.path)}, which can't be read (${String(code)}): correct the path or its permissions.`,
      { cause },
    );
  }
}
