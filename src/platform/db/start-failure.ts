import { ServiceUnavailable } from '../../kernel/errors.js';
import { StartError } from '../../kernel/start-error.js';
import { ConnectFailure } from './client.js';

/** Why a database that answers can't be used: waiting does not help. */
interface Refusal {
  /** The rest of a sentence after the name of the setting. @param message of PostgreSQL or Node.js */
  readonly remedy: (message: string) => string;
  /** A few words for people who watch the server. */
  readonly words: string;
}

const UNTRUSTED: Refusal = {
  remedy: (message) =>
    `leads to a server whose certificate is not trusted (${message}): name its certificate authority with sslrootcert=/path/to/ca.pem, or skip the check with sslmode=no-verify`,
  words: 'has a certificate that is not trusted',
};

/** By SQLSTATE, by the code of Node.js, or by the name of the error. */
const REFUSALS: Readonly<Record<string, Refusal>> = {
  '28P01': {
    remedy: (message) => `is refused by PostgreSQL (${message}): correct the user name or the password`,
    words: 'refuses the login',
  },
  '28000': {
    remedy: (message) =>
      `is refused by PostgreSQL (${message}): correct the user name, or let it in with LOGIN and in pg_hba.conf`,
    words: 'refuses the login',
  },
  '3D000': {
    remedy: (message) => `names a database that is not there (${message}): create it, or correct the name`,
    words: 'is not there',
  },
  '42501': {
    remedy: (message) =>
      `is for a role without the rights that it needs (${message}): make it the owner of the tables, and grant it CREATE on the schema public`,
    words: 'refuses access',
  },
  MissingPassword: {
    remedy: () => 'has no password, and PostgreSQL asks for one: put it into the URL',
    words: 'asks for a password',
  },
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_SIGNATURE_FAILURE: UNTRUSTED,
  CERT_HAS_EXPIRED: UNTRUSTED,
  CERT_NOT_YET_VALID: UNTRUSTED,
  ERR_TLS_CERT_ALTNAME_INVALID: UNTRUSTED,
};

const NO_TLS: Refusal = {
  remedy: () => 'asks for TLS, and the server has none: set sslmode=disable in it, or turn TLS on there',
  words: 'has no TLS',
};

const NO_LOGIN: Refusal = {
  remedy: (message) =>
    `does not get through the login of PostgreSQL (${message}): correct the password, and the server that it leads to`,
  words: 'fails in the login',
};

/**
 * @param error of a database that was to be used at the start or by a command
 * @param setting the name of the setting with the URL
 * @returns a StartError with one sentence if only an operator can help; any other error unchanged
 */
export function explainRefusal(error: unknown, setting = 'DATABASE_URL'): unknown {
  const refusal = refusalIn(error);
  if (refusal === undefined) return error;
  return new StartError(`${setting} ${refusal.remedy(refusal.message)}.`, { cause: error });
}

/** @returns how the database refuses this server, in a few words with its code; undefined if it does not */
export function refusalInWords(error: unknown): string | undefined {
  const refusal = refusalIn(error);
  if (refusal === undefined) return undefined;
  return refusal.code === undefined ? refusal.words : `${refusal.words} (${refusal.code})`;
}

function refusalIn(error: unknown) {
  if (!(error instanceof ServiceUnavailable)) return undefined;
  const cause = error.cause instanceof ConnectFailure ? error.cause.cause : error.cause;
  if (!(cause instanceof Error)) return undefined;
  const { message } = cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  const known = REFUSALS[code ?? cause.name] ?? withoutCode(message);
  return known === undefined ? undefined : { ...known, message, code };
}

/** Errors of `pg` that have nothing but a message. */
function withoutCode(message: string): Refusal | undefined {
  if (message === 'The server does not support SSL connections') return NO_TLS;
  return message.startsWith('SASL: ') ? NO_LOGIN : undefined;
}
