import type { MailStep } from './failure.js';

/** The step of a mail after each command of the client. */
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
  /** For example `MAIL`: the first word of the command. */
  readonly verb: string;
  readonly step: MailStep;
}

/**
 * Follows one conversation through nodemailer's log, because its errors do not tell after which command it broke off.
 * Only stores the verbs.
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
    /** For nodemailer, which logs entries of all levels to the only method there is. */
    logger: { debug: note },
    /** @returns undefined if the client did not send a command */
    lastCommand: (): LastCommand | undefined => last,
  };
}
