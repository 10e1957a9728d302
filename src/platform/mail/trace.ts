import type { MailStep } from './failure.js';

/** Where a mail is once the client has said a command. */
const STEPS: ReadonlyMap<string, MailStep> = new Map([
  ['EHLO', 'greeting'],
  ['HELO', 'greeting'],
  ['STARTTLS', 'tls'],
  ['AUTH', 'login'],
  ['MAIL', 'sender'],
  ['RCPT', 'recipient'],
  ['DATA', 'message'],
]);

export interface LastCommand {
  /** Such as `MAIL`: its first word. */
  readonly verb: string;
  readonly step: MailStep;
}

/**
 * Follows one conversation by nodemailer's log, because its errors don't tell after which command one broke off. Keeps
 * a verb and nothing else of it.
 */
export function createTrace() {
  let last: LastCommand | undefined;
  const note = (entry: unknown, text: unknown): void => {
    if (typeof entry !== 'object' || entry === null || Reflect.get(entry, 'tnx') !== 'client') return;
    const verb = /^[A-Z]+/.exec(String(text))?.[0] ?? '';
    const step = STEPS.get(verb);
    if (step !== undefined) last = { verb, step };
  };
  return {
    /** For nodemailer, which writes entries of all levels to the one there is. */
    logger: { debug: note },
    /** @returns undefined when the client never had its turn */
    lastCommand: (): LastCommand | undefined => last,
  };
}
