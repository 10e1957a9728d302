import { MailFailure } from './failure.js';
import type { MailMessage } from './message.js';
import { type MailProbe, probe } from './probe.js';
import type { MailSettings } from './settings.js';

/** How this server sends mail. */
export interface MailTransport {
  readonly kind: MailSettings['kind'];
  /**
   * Sends one mail.
   *
   * @param signal ends the attempt when it aborts
   * @throws MailFailure if the mail was not sent, or may not have been sent
   */
  send(message: MailMessage, signal?: AbortSignal): Promise<void>;
  /** Tests the transport without a mail, or by sending one. Never throws because the transport does not work. */
  verify(message?: MailMessage): Promise<MailProbe>;
  close(): void;
}

/**
 * Loads only the code of the kind that is set: a server that sends no mail does not carry a mail library.
 *
 * @param write writes one line of text; the console transport writes mails with it
 * @throws StartError for settings that cannot work
 */
export async function createMailTransport(
  settings: MailSettings,
  write: (line: string) => void,
): Promise<MailTransport> {
  switch (settings.kind) {
    case 'smtp': {
      const { createSmtpTransport } = await import('./smtp.js');
      return createSmtpTransport(settings.from, settings.smtp);
    }
    case 'console': {
      const { createConsoleTransport } = await import('./console.js');
      return createConsoleTransport(settings.from, write);
    }
    case 'file': {
      const { createFileTransport } = await import('./file.js');
      return createFileTransport(settings.from, settings.folder);
    }
    case 'none':
      return createNoTransport();
  }
}

function createNoTransport(): MailTransport {
  const send = async (): Promise<void> => {
    const sentence = 'No mail server is configured: set EMAIL_URL, or EMAIL_BACKEND with its settings.';
    throw new MailFailure('connect', 'unavailable', 'not_configured', sentence);
  };
  return { kind: 'none', send, verify: () => probe(['connect'], send, { success: '' }), close: () => {} };
}
