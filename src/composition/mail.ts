import type { Metrics } from '../features/operations/metrics/metrics.js';
import { StartError } from '../kernel/start-error.js';
import type { Config } from '../platform/config/settings.js';
import type { Language } from '../platform/html/language.js';
import { type MailSettings, resolveMailSettings } from '../platform/mail/settings.js';
import { createMailTransport } from '../platform/mail/transport.js';
import { createOutboxWorker } from '../platform/mail/worker.js';
import type { Engines } from './engines.js';
import type { ContainerOptions } from './options.js';
import type { State } from './state.js';

/** How mails are sent. With embedded defaults they are shown in the terminal. @throws StartError */
export function mailSettingsOf(config: Config): MailSettings {
  const settings = resolveMailSettings(config, config.DATABASE_URL === undefined ? 'console' : 'none');
  if (settings.kind === 'none') refuseUnprovenAddresses(config);
  return settings;
}

/** If an address decides who may register, only a mail can prove whose it is. @throws StartError */
function refuseUnprovenAddresses(config: Config): void {
  if (config.IAM_TYPE !== 'BASIC') return;
  const setting =
    config.REGISTRATION_MODE === 'invite'
      ? 'REGISTRATION_MODE is invite'
      : config.REGISTRATION_EMAIL_DOMAINS.length > 0 && config.REGISTRATION_MODE !== 'closed'
        ? 'REGISTRATION_EMAIL_DOMAINS is set'
        : undefined;
  if (setting === undefined) return;
  throw new StartError(
    `${setting}, but without mail no address can be verified: set EMAIL_URL or EMAIL_HOST, or remove that setting.`,
  );
}

/** Connects the outbox to the transport of the settings. */
export async function composeMail(
  { config, clock, random, log }: ContainerOptions,
  { db }: Engines,
  state: State,
  metrics: Metrics,
) {
  const settings = mailSettingsOf(config);
  const transport = await createMailTransport(settings, (line) => void process.stdout.write(`${line}\n`));
  const worker = createOutboxWorker({ db, transport, clock, random, log, observe: metrics.countMail });
  const isConfigured = transport.kind !== 'none';
  if (!isConfigured)
    log.warn(
      {},
      'No mail is sent: set EMAIL_URL or EMAIL_HOST for confirmation, password reset and invitation mails.',
    );
  if (settings.kind === 'smtp' && settings.from.address.endsWith('@localhost'))
    log.warn(
      {},
      `Mails come from ${settings.from.address}, and their links lead to ${config.PUBLIC_URL}: set PUBLIC_URL, and DEFAULT_FROM_EMAIL if it is not noreply at that host.`,
    );
  return {
    transport,
    worker,
    isConfigured,
    site: (language: Language) => ({
      name: state.siteName(),
      subjectPrefix: config.ACCOUNT_EMAIL_SUBJECT_PREFIX,
      language,
    }),
    wake: () => {
      if (isConfigured) worker.wake();
    },
  };
}

export type MailParts = Awaited<ReturnType<typeof composeMail>>;
