import { MailFailure, type MailStep, type MailVerdict } from './failure.js';
import { oneLine } from './message.js';
import { type Circumstances, explain, isBrokenOff, type Symptoms } from './sentences.js';
import type { SmtpSettings } from './settings.js';

/** Maximum length of the quoted part of a server's reply. */
const REPLY_LENGTH = 300;

const TLS_CODE = /^(ERR_SSL_|ERR_TLS_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO$)/;

/** Turns an error of nodemailer into a sentence that says what to correct. */
export function diagnose(error: unknown, circumstances: Circumstances): MailFailure {
  if (error instanceof MailFailure) return error;
  const symptoms = readSymptoms(error, circumstances);
  const step = findStep(symptoms);
  const code = symptoms.replyCode === undefined ? symptoms.code : String(symptoms.replyCode);
  const words = explain(step, symptoms, circumstances);
  return new MailFailure(step, judge(step, symptoms.replyCode), code, words);
}

function readSymptoms(error: unknown, { settings, lastCommand }: Circumstances): Symptoms {
  const read = (name: string): unknown => (error instanceof Error ? Reflect.get(error, name) : undefined);
  const text = (name: string): string => {
    const value = read(name);
    return typeof value === 'string' ? value : '';
  };
  const replyCode = read('responseCode');
  return {
    kind: text('code'),
    code: text('originalCode') || text('code') || text('name') || 'unknown',
    command: text('command'),
    timeout: text('timeoutType'),
    reply: redact(oneLine(text('response')), settings).slice(0, REPLY_LENGTH),
    replyCode: typeof replyCode === 'number' ? replyCode : undefined,
    lastCommand,
  };
}

/** A server may quote its input in the reply; a login is sent in base64. */
function redact(reply: string, { credentials }: SmtpSettings): string {
  if (credentials === null) return reply;
  const { user, password } = credentials;
  const encoded = [`\0${user}\0${password}`, password].map((secret) =>
    Buffer.from(secret).toString('base64'),
  );
  return [...encoded, password].reduce((text, secret) => text.replaceAll(secret, '***'), reply);
}

function findStep(symptoms: Symptoms): MailStep {
  const { kind, code, command, timeout, replyCode, lastCommand } = symptoms;
  if (kind === 'EDNS') return 'resolve';
  if (kind === 'EAUTH') return 'login';
  if (kind === 'ETLS' || timeout === 'UPGRADE_TIMEOUT' || TLS_CODE.test(code)) return 'tls';
  if (lastCommand !== undefined && isBrokenOff(symptoms)) return lastCommand.step;
  if (command === 'MAIL FROM') return 'sender';
  if (command === 'RCPT TO') return 'recipient';
  if (command === 'DATA' || kind === 'EABORT' || timeout === 'SOCKET_TIMEOUT') return 'message';
  return kind === 'EPROTOCOL' || timeout === 'GREETING_TIMEOUT' || replyCode !== undefined
    ? 'greeting'
    : 'connect';
}

/**
 * RFC 5321, 4.2.1: a 5yz reply is permanent, a 4yz reply is not. 421, 503 and 530 concern the connection, not the
 * mail. An error before the recipient was sent affects every mail, and an operator can fix it.
 */
function judge(step: MailStep, reply: number | undefined): MailVerdict {
  const ofThisMail = step === 'recipient' || step === 'message';
  if (!ofThisMail || reply === undefined || [421, 503, 530].includes(reply)) return 'unavailable';
  return reply >= 500 ? 'refused' : 'postponed';
}
