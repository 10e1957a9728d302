import { createConsoleTransport } from './console.js';
import { MailFailure } from './failure.js';
import { createFileTransport } from './file.js';
import type { MailMessage } from './message.js';
import { type MailProbe, probe } from './probe.js';
import type { MailSettings } from './settings.js';
import { createSmtpTransport } from './smtp.js';

/** How mails leave this server. */
export interface MailTransport {
  readonly kind: MailSettings['kind'];
  /**
   * Hands one mail over.
   *
   * @param signal ends the attempt when it aborts
   * @throws MailFailure if the mail did not leave, or may not have left
   */
  send(message: MailMessage, signal?: AbortSignal): Promise<void>;
  /** Tries the way without a mail, or by sending one. Never throws for a way that does not work. */
  verify(message?: MailMessage): Promise<MailProbe>;
  close(): void;
}

/**
 * @param write takes one line of text; the console transport writes mails with it
 * @throws StartError for settings that can't work
 */
export function createMailTransport(settings: MailSettings, write: (line: string) => void): MailTransport {
  switch (settings.kind) {
    case 'smtp':
      return createSmtpTransport(settings.from, settings.smtp);
    case 'console':
      return createConsoleTransport(settings.from, write);
    case 'file':
      return createFileTransport(settings.from, settings.folder);
    case 'none':
      return createNoTransport();
  }
}

function createNoTransport(): MailTransport {
  const send = async (): Promise<void> => {
    const sentence =
      'No mail server is configured: set EMAIL_URL, or EMAIL_BACKEND with the names that belong to it.';
    throw new MailFailure('connect', 'unavailable', 'not_configured', sentence);
  };
  return { kind: 'none', send, verify: () => probe(['connect'], send, { success: '' }), close: () => {} };
}
