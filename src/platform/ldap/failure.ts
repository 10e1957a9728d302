import { ServiceUnavailable } from '../../kernel/errors.js';
import { DeadlinePassed } from './deadline.js';

/** The steps of a login at a directory, in order. */
export type DirectoryStep = 'resolve' | 'connect' | 'tls' | 'bind' | 'search' | 'login' | 'groups';

/** `lost`: the connection broke; `late`: no answer in time; `answer`: an unusable answer. */
type FailureKind = 'lost' | 'late' | 'answer';

/**
 * Why a directory could not be queried. The client only learns that it failed; the log and `ldap test` learn why:
 * `sentence` says what to correct and never contains a password.
 */
export class DirectoryFailure extends ServiceUnavailable {
  readonly step: DirectoryStep;
  readonly kind: FailureKind;
  readonly sentence: string;

  constructor(step: DirectoryStep, kind: FailureKind, sentence: string, cause?: unknown) {
    super('directory_unreachable', 'The directory of accounts does not answer. Try again in a few seconds.', {
      cause: new Error(sentence, { cause }),
    });
    this.step = step;
    this.kind = kind;
    this.sentence = sentence;
  }
}

const CERTIFICATE =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/;

/**
 * @param server its URL
 * @returns the failure for an error of a socket or of the LDAP client
 */
export function describeDirectoryError(
  step: DirectoryStep,
  server: string,
  error: unknown,
): DirectoryFailure {
  if (error instanceof DirectoryFailure) return error;
  if (error instanceof DeadlinePassed) {
    return new DirectoryFailure(
      step,
      'late',
      `${server} did not answer within AUTH_LDAP_TIMEOUT (${step}).`,
      error,
    );
  }
  const code = codeOf(error);
  const [kind, sentence] = explain(step, server, code);
  return new DirectoryFailure(step, kind, sentence, error);
}

function explain(step: DirectoryStep, server: string, code: string): readonly [FailureKind, string] {
  if (step === 'resolve') {
    return [
      'answer',
      `${server} has no address (${code}): correct AUTH_LDAP_SERVER_URI or the name service.`,
    ];
  }
  if (step === 'tls' && code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return [
      'answer',
      `The certificate of ${server} is for another name: write its name into AUTH_LDAP_SERVER_URI.`,
    ];
  }
  if (step === 'tls' && CERTIFICATE.test(code)) {
    return [
      'answer',
      `The certificate of ${server} is refused (${code}): set AUTH_LDAP_CA_FILE to the authority that signed it.`,
    ];
  }
  if (step === 'connect') {
    return ['lost', `${server} does not accept connections (${code}): is it running, and is the port right?`];
  }
  return ['lost', `${server} broke off (${step}, ${code}).`];
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string'
    ? error.code
    : (error.message.split('\n', 1)[0] ?? '');
}
