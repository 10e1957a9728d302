import { MailFailure, type MailStep, type MailVerdict } from './failure.js';
import { oneLine } from './message.js';
import type { SmtpSettings } from './settings.js';

/** The longest part of a server's reply that is repeated. */
const REPLY_LENGTH = 300;

const UNKNOWN_AUTHORITY = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const NO_TLS = new Set(['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'EPROTO']);
const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO$)/;

/** What nodemailer notes on its errors, as far as it decides something here. */
interface Symptoms {
  /** In nodemailer's words. */
  readonly kind: string;
  /** In the words of the system where it had any, such as ECONNREFUSED. */
  readonly code: string;
  readonly command: string;
  readonly timeout: string;
  readonly reply: string;
  readonly replyCode: number | undefined;
}

/**
 * Turns an error of nodemailer into a sentence that says what to correct.
 *
 * @param sender the address the mail was to come from
 */
export function diagnose(error: unknown, settings: SmtpSettings, sender: string): MailFailure {
  if (error instanceof MailFailure) return error;
  const symptoms = readSymptoms(error, settings);
  const step = findStep(symptoms);
  const code = symptoms.replyCode === undefined ? symptoms.code : String(symptoms.replyCode);
  return new MailFailure(
    step,
    judge(step, symptoms.replyCode),
    code,
    SENTENCES[step](symptoms, settings, sender),
  );
}

function readSymptoms(error: unknown, settings: SmtpSettings): Symptoms {
  const read = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const text = (name: string): string => {
    const value = read(name);
    return typeof value === 'string' ? value : '';
  };
  const replyCode = read('responseCode');
  return {
    kind: text('code'),
    code: text('originalCode') || text('code') || 'unknown',
    command: text('command'),
    timeout: text('timeoutType'),
    reply: redact(oneLine(text('response')), settings).slice(0, REPLY_LENGTH),
    replyCode: typeof replyCode === 'number' ? replyCode : undefined,
  };
}

/** A server may repeat in its reply what it was sent; a login is sent in base64. */
function redact(reply: string, { credentials }: SmtpSettings): string {
  if (credentials === null) return reply;
  const { user, password } = credentials;
  const encoded = [`\0${user}\0${password}`, password].map((secret) =>
    Buffer.from(secret).toString('base64'),
  );
  return [password, ...encoded].reduce((text, secret) => text.replaceAll(secret, '***'), reply);
}

function findStep({ kind, code, command, timeout, replyCode }: Symptoms): MailStep {
  if (kind === 'EDNS') return 'resolve';
  if (kind === 'EAUTH') return 'login';
  if (kind === 'ETLS' || timeout === 'UPGRADE_TIMEOUT' || TLS_CODE.test(code)) return 'tls';
  if (command === 'MAIL FROM') return 'sender';
  if (command === 'RCPT TO') return 'recipient';
  if (command === 'DATA' || kind === 'EABORT' || timeout === 'SOCKET_TIMEOUT') return 'message';
  return kind === 'EPROTOCOL' || timeout === 'GREETING_TIMEOUT' || replyCode !== undefined
    ? 'greeting'
    : 'connect';
}

/**
 * RFC 5321, 4.2.1: a reply 5yz is final, 4yz is not. 421, 503 and 530 speak of the connection, not of the mail; and
 * what is wrong before the recipient was named is wrong for every mail, and an operator can correct it.
 */
function judge(step: MailStep, reply: number | undefined): MailVerdict {
  const ofThisMail = step === 'recipient' || step === 'message';
  if (!ofThisMail || reply === undefined || [421, 503, 530].includes(reply)) return 'unavailable';
  return reply >= 500 ? 'refused' : 'postponed';
}

type Sentence = (symptoms: Symptoms, settings: SmtpSettings, sender: string) => string;

const SENTENCES: Readonly<Record<MailStep, Sentence>> = {
  resolve: ({ code }, { host }) =>
    `The name ${host} can't be resolved (${code}): correct the host of the mail server, or the name service.`,
  connect: describeConnection,
  tls: describeTls,
  greeting: ({ reply, timeout }, settings) =>
    timeout === 'GREETING_TIMEOUT'
      ? `${place(settings)} accepted the connection and sent no greeting within ${settings.timeoutSeconds} s: it is busy, it expects TLS from the start, or it is no mail server.`
      : `${place(settings)} does not take mail from here; it said "${reply}".`,
  login: ({ reply, code }, { credentials }) =>
    reply === ''
      ? `The login as ${credentials?.user ?? 'nobody'} failed (${code}): the server and this client know no common way.`
      : `The server refuses the login as ${credentials?.user ?? 'nobody'}; it said "${reply}". Correct the user and the password, or log in on a port that allows it.`,
  sender: ({ reply }, _settings, sender) =>
    `The server refuses mail from ${sender}; it said "${reply}". Correct DEFAULT_FROM_EMAIL, or log in as a user who may send from it.`,
  recipient: ({ reply }) => `The server refuses the recipient; it said "${reply}".`,
  message: ({ reply, code }, settings) =>
    reply === ''
      ? `${place(settings)} fell silent in the middle of the conversation (${code}).`
      : `The server refuses the message; it said "${reply}".`,
};

const place = ({ host, port }: SmtpSettings): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

function describeConnection({ code }: Symptoms, settings: SmtpSettings): string {
  const where = place(settings);
  if (code === 'ECONNREFUSED') {
    return `Nothing accepts connections on ${where} (${code}): correct the host or the port, or start the mail server.`;
  }
  if (code === 'ETIMEDOUT') {
    return `${where} did not answer within ${settings.timeoutSeconds} s: a firewall is in the way, the host or the port is wrong, or the port is not for ${settings.tls === 'implicit' ? 'TLS from the start' : 'plain SMTP'}.`;
  }
  if (code === 'ECONNECTION' || code === 'ECONNRESET') {
    return `${where} closed the connection (${code}): it refuses this client, or expects ${settings.tls === 'implicit' ? 'STARTTLS instead of TLS from the start' : 'TLS from the start'}.`;
  }
  return `${where} can't be reached (${code}).`;
}

function describeTls({ code, command, reply, timeout }: Symptoms, settings: SmtpSettings): string {
  const where = place(settings);
  if (command === 'STARTTLS' && reply !== '') {
    return `${where} does not offer STARTTLS; it said "${reply}". Use the port of the server that does, or the one for TLS from the start (465).`;
  }
  if (timeout === 'UPGRADE_TIMEOUT') return `${where} agreed to TLS and then fell silent.`;
  if (NO_TLS.has(code)) {
    return `${where} does not speak TLS from the start (${code}): use STARTTLS there, or the port for TLS (465).`;
  }
  if (UNKNOWN_AUTHORITY.has(code)) {
    return `The certificate of ${where} is signed by an unknown authority (${code}): name the authority's PEM file in EMAIL_CA_FILE, or in the option ca of EMAIL_URL.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `The certificate of ${where} is for another name (${code}): use the name that stands in the certificate.`;
  }
  if (code === 'CERT_HAS_EXPIRED')
    return `The certificate of ${where} has expired (${code}): the server needs a new one.`;
  return `TLS with ${where} failed (${code}).`;
}
