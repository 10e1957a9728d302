import nodemailer, { type SMTPTransportOptions } from 'nodemailer';
import { SECOND } from '../../kernel/clock.js';
import { readAuthorityFile } from '../config/authority-file.js';
import { diagnose } from './diagnosis.js';
import { MAIL_STEPS, type MailStep, notAMailbox } from './failure.js';
import { compose, isMailbox, type MailMessage, type Sender } from './message.js';
import { probe } from './probe.js';
import type { SmtpSettings } from './settings.js';
import { createTrace } from './trace.js';
import type { MailTransport } from './transport.js';

/**
 * Sends through a mail server, with a separate connection for each mail.
 *
 * @throws StartError if the certificate authority's file cannot be read
 */
export function createSmtpTransport(from: Sender, settings: SmtpSettings): MailTransport {
  const options = optionsOf(settings);
  const converse = async (talk: (mailer: Mailer) => Promise<unknown>): Promise<void> => {
    const { logger, lastCommand } = createTrace();
    const mailer = nodemailer.createTransport({ ...options, logger, transactionLog: true });
    try {
      await talk(mailer);
    } catch (error) {
      throw diagnose(error, { settings, sender: from.address, lastCommand: lastCommand() });
    } finally {
      mailer.close();
    }
  };
  const send = async (message: MailMessage, signal?: AbortSignal): Promise<void> => {
    if (!isMailbox(message.to)) throw notAMailbox();
    await converse((mailer) => mailer.sendMail({ ...compose(from, message), signal }));
  };
  const greet = (): Promise<void> => converse((mailer) => mailer.verify());
  return {
    kind: 'smtp',
    send,
    verify: (message) =>
      probe(
        message === undefined ? MAIL_STEPS.slice(0, MAIL_STEPS.indexOf('sender')) : MAIL_STEPS,
        () => (message === undefined ? greet() : send(message)),
        { success: describe(settings, message !== undefined), idle: idleSteps(settings) },
      ),
    // Each conversation closes its own connection.
    close: () => {},
  };
}

type Mailer = ReturnType<typeof nodemailer.createTransport>;

function optionsOf(settings: SmtpSettings): SMTPTransportOptions {
  const timeout = settings.timeoutSeconds * SECOND;
  return {
    host: settings.host,
    port: settings.port,
    name: settings.ehloName,
    secure: settings.tls === 'implicit',
    requireTLS: settings.tls === 'starttls',
    opportunisticTLS: settings.tls === 'opportunistic',
    tls: {
      minVersion: 'TLSv1.2',
      // RFC 7435: unverified encryption is better than the plain text that this mode would otherwise accept.
      rejectUnauthorized: settings.tls !== 'opportunistic',
      ...(settings.caFile === null ? {} : { ca: readAuthorityFile(settings.caFile, AUTHORITY) }),
    },
    // A server that offers no login gets no mail: it is not the server that the password is for.
    ...(settings.credentials === null
      ? {}
      : { auth: { user: settings.credentials.user, pass: settings.credentials.password }, forceAuth: true }),
    dnsTimeout: timeout,
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    // Longer than the other timeouts, so that silence at the start is reported as such.
    socketTimeout: timeout + SECOND,
    socketCloseTimeout: SECOND,
    // Without this, nodemailer finds no address in a container that only has the loopback interface.
    allowInternalNetworkInterfaces: true,
  };
}

/** The two places that can name the file. */
const AUTHORITY = 'The authority of the mail server (EMAIL_CA_FILE, or ca in EMAIL_URL)';

const idleSteps = ({ tls, credentials }: SmtpSettings): MailStep[] => [
  ...(tls === 'opportunistic' ? (['tls'] as const) : []),
  ...(credentials === null ? (['login'] as const) : []),
];

function describe({ host, port, tls, credentials }: SmtpSettings, sent: boolean): string {
  const encryption = tls === 'opportunistic' ? 'encrypted only if the server offers it' : 'encrypted';
  const user = credentials === null ? 'without a login' : `as ${credentials.user}`;
  return `${host}:${port} ${sent ? 'took the mail' : 'takes mail'}, ${encryption}, ${user}.`;
}
