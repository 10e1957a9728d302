import type { ContainerOptions } from '../container.js';
import { resolveMailSettings } from '../platform/mail/settings.js';
import { createMailTransport } from '../platform/mail/transport.js';
import { createOutboxWorker } from '../platform/mail/worker.js';
import type { Engines } from './engines.js';
import type { State } from './state.js';

/** Joins the outbox to the transport of the settings. A newcomer on embedded defaults sees his mails in the terminal. */
export function composeMail({ config, clock, random, log }: ContainerOptions, { db }: Engines, state: State) {
  const settings = resolveMailSettings(config, config.DATABASE_URL === undefined ? 'console' : 'none');
  const transport = createMailTransport(settings, (line) => void process.stdout.write(`${line}\n`));
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
