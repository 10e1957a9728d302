import { notAMailbox } from './failure.js';
import { isMailbox, type MailMessage, oneLine, type Sender } from './message.js';
import { probe } from './probe.js';
import type { MailTransport } from './transport.js';

/** Writes mails line by line to the console of an operator who is trying the server out. Not for production. */
export function createConsoleTransport(from: Sender, write: (line: string) => void): MailTransport {
  const send = async (message: MailMessage): Promise<void> => {
    if (!isMailbox(message.to)) throw notAMailbox();
    const body = message.text.split('\n').map((line) => line.trimEnd());
    const head = [`From: ${from.address}`, `To: ${message.to}`, `Subject: ${message.subject}`];
    // One line each, sanitized: a name must not reach the terminal as an escape sequence.
    for (const line of ['--- mail ---', ...head, '', ...body, '--- end of mail ---']) write(oneLine(line));
  };
  return {
    kind: 'console',
    send,
    verify: (message) =>
      probe(message === undefined ? [] : ['recipient', 'message'], async () => message && send(message), {
        success: 'Mails are only written to the console: nobody receives them.',
      }),
    close: () => {},
  };
}
