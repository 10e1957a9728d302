import type { ContainerOptions } from '../container.js';
import type { Config } from '../platform/config/settings.js';
import { type MailSettings, resolveMailSettings } from '../platform/mail/settings.js';
import { createMailTransport } from '../platform/mail/transport.js';
import { createOutboxWorker } from '../platform/mail/worker.js';
import type { Engines } from './engines.js';
import type { State } from './state.js';

/** How mails leave. A newcomer on embedded defaults sees them in the terminal. @throws StartError */
export const mailSettingsOf = (config: Config): MailSettings =>
  resolveMailSettings(config, config.DATABASE_URL === undefined ? 'console' : 'none');

/** Joins the outbox to the transport of the settings. */
export function composeMail({ config, clock, random, log }: ContainerOptions, { db }: Engines, state: State) {
  const transport = createMailTransport(
    mailSettingsOf(config),
    (line) => void process.stdout.write(`${line}\n`),
  );
  const worker = createOutboxWorker({ db, transport, clock, random, log });
  const isConfigured = transport.kind !== 'none';
  if (!isConfigured)
    log.warn(
      {},
      'No mail is sent: set EMAIL_URL or EMAIL_HOST for confirmation, password reset and invitation mails.',
    );
  return {
    transport,
    worker,
    isConfigured,
    site: () => ({ name: state.siteName(), subjectPrefix: config.ACCOUNT_EMAIL_SUBJECT_PREFIX }),
    wake: () => {
      if (isConfigured) worker.wake();
    },
  };
}

export type MailParts = ReturnType<typeof composeMail>;
