import type { MailMessage, Sender } from '../../../../src/platform/mail/message.js';
import type { SmtpSettings } from '../../../../src/platform/mail/settings.js';

export const SENDER: Sender = { name: 'CVAT', address: 'noreply@example.org' };

export const message = (changes: Partial<MailMessage> = {}): MailMessage => ({
  id: '0b9f7a52-3f0e-4f7e-8d0c-3f3a8f1f2a11',
  to: 'ann@example.net',
  subject: 'Subject',
  text: 'Text\n',
  html: '<p>Text</p>',
  date: new Date('2026-05-04T03:02:01Z'),
  ...changes,
});

export const smtpSettings = (changes: Partial<SmtpSettings>): SmtpSettings => ({
  host: '127.0.0.1',
  port: 25,
  tls: 'opportunistic',
  credentials: null,
  caFile: null,
  ehloName: 'cvat.example.org',
  timeoutSeconds: 1,
  ...changes,
});
