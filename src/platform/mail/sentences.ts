import type { MailStep } from './failure.js';
import type { SmtpSettings } from './settings.js';
import type { LastCommand } from './trace.js';

/** The properties of nodemailer's errors that affect a decision here. */
export interface Symptoms {
  /** In nodemailer's words. */
  readonly kind: string;
  /** The error code of the system, if there was one, such as ECONNREFUSED. */
  readonly code: string;
  readonly command: string;
  readonly timeout: string;
  readonly reply: string;
  readonly replyCode: number | undefined;
  /** The client's last command; undefined if it did not send one. */
  readonly lastCommand: LastCommand | undefined;
}

export interface Circumstances {
  readonly settings: SmtpSettings;
  /** The sender address of the mail. */
  readonly sender: string;
  readonly lastCommand: LastCommand | undefined;
}

type Explanation = (symptoms: Symptoms, circumstances: Circumstances) => string;

const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const NO_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO']);

/** @returns a sentence for the operator: what happened at the step, and what to correct */
export const explain = (step: MailStep, symptoms: Symptoms, circumstances: Circumstances): string => {
  const { lastCommand } = symptoms;
  return lastCommand !== undefined && step !== 'tls' && isBrokenOff(symptoms)
    ? explainSilence(lastCommand, symptoms, circumstances)
    : EXPLANATIONS[step](symptoms, circumstances);
};

/** @returns whether the connection broke without a reply from the server */
export const isBrokenOff = ({ kind, code, timeout, reply }: Symptoms): boolean =>
  reply === '' && (isClosed(code) || kind === 'EABORT' || timeout === 'SOCKET_TIMEOUT');

const isClosed = (code: string): boolean => CLOSED.has(code);
const CLOSED = new Set(['ECONNECTION', 'ECONNRESET', 'EPIPE']);

function explainSilence({ verb }: LastCommand, { code }: Symptoms, { settings }: Circumstances): string {
  const what = isClosed(code) ? 'closed the connection' : 'stopped answering';
  return `${place(settings)} ${what} in the middle of the conversation, after ${verb} (${code}).`;
}

const sentence = (fault: string, remedy: string): string => `${fault}: ${remedy}.`;

const place = ({ host, port }: SmtpSettings): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

const EXPLANATIONS: Readonly<Record<MailStep, Explanation>> = {
  resolve: ({ code }, { settings }) =>
    sentence(
      `The name ${settings.host} can't be resolved (${code})`,
      'correct the host of the mail server, or the name service',
    ),
  connect: explainConnection,
  tls: explainTls,
  greeting: explainGreeting,
  login: ({ reply, code }, { settings }) => {
    const user = settings.credentials?.user ?? 'nobody';
    return reply === ''
      ? sentence(
          `The login as ${user} failed (${code})`,
          'the server and this client have no login method in common',
        )
      : sentence(
          `The server refuses the login as ${user}, it said "${reply}"`,
          'correct the user and the password, or use a port that allows a login',
        );
  },
  sender: ({ reply }, { sender }) =>
    sentence(
      `The server refuses mail from ${sender}, it said "${reply}"`,
      'correct DEFAULT_FROM_EMAIL, or log in as a user who may send from it',
    ),
  recipient: ({ reply }) => `The server refuses the recipient, it said "${reply}".`,
  message: ({ reply, code }, { settings }) =>
    reply === ''
      ? `${place(settings)} stopped answering in the middle of the conversation (${code}).`
      : `The server refuses the message, it said "${reply}".`,
};

function explainGreeting({ reply, timeout, lastCommand }: Symptoms, { settings }: Circumstances): string {
  const where = place(settings);
  if (timeout === 'GREETING_TIMEOUT') {
    return sentence(
      `${where} accepted the connection and sent no greeting within ${settings.timeoutSeconds} s`,
      'it is busy, it expects TLS from the start, or it is no mail server',
    );
  }
  return lastCommand === undefined
    ? sentence(`${where} said "${reply}"`, 'it takes no mail from here')
    : sentence(
        `${where} refuses to be greeted by the name ${settings.ehloName}, it said "${reply}"`,
        'set EMAIL_EHLO_NAME to the name that the DNS has for this machine, or ask the mail server to take mail from it',
      );
}

function explainConnection({ code }: Symptoms, { settings }: Circumstances): string {
  const where = place(settings);
  const implicit = settings.tls === 'implicit';
  switch (code) {
    case 'ECONNREFUSED':
      return sentence(
        `Nothing accepts connections on ${where} (${code})`,
        'correct the host or the port, or start the mail server',
      );
    case 'ETIMEDOUT':
      return sentence(
        `${where} did not answer within ${settings.timeoutSeconds} s`,
        `a firewall is in the way, or the host or the port is wrong${implicit ? ', or the port is for STARTTLS' : ''}`,
      );
    case 'ECONNECTION':
    case 'ECONNRESET':
      return sentence(
        `${where} closed the connection (${code})`,
        `it refuses this client, or expects ${implicit ? 'STARTTLS' : 'TLS from the start'}`,
      );
    default:
      return `${where} can't be reached (${code}).`;
  }
}

function explainTls({ code, command, reply, timeout }: Symptoms, { settings }: Circumstances): string {
  const where = place(settings);
  if (command === 'STARTTLS' && reply !== '') {
    return sentence(
      `${where} does not offer STARTTLS, it said "${reply}"`,
      'use the port that does, or the one for TLS from the start (465)',
    );
  }
  if (timeout === 'UPGRADE_TIMEOUT') return `${where} agreed to TLS and then stopped answering.`;
  if (NO_TLS.has(code)) {
    return sentence(
      `${where} does not speak TLS from the start (${code})`,
      'use STARTTLS there, or the port for TLS (465)',
    );
  }
  if (UNKNOWN_AUTHORITY.has(code)) {
    return sentence(
      `The certificate of ${where} is signed by an unknown authority (${code})`,
      "name the authority's PEM file in EMAIL_CA_FILE, or in the option ca of EMAIL_URL",
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return sentence(
      `The certificate of ${where} is for another name (${code})`,
      'use the name in the certificate',
    );
  }
  if (code === 'CERT_HAS_EXPIRED') {
    return sentence(`The certificate of ${where} has expired (${code})`, 'the server needs a new one');
  }
  return `TLS with ${where} failed (${code}).`;
}
