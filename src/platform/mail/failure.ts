/** The steps of sending a mail, in order. */
export const MAIL_STEPS = [
  'resolve',
  'connect',
  'tls',
  'greeting',
  'login',
  'sender',
  'recipient',
  'message',
] as const;
export type MailStep = (typeof MAIL_STEPS)[number];

/**
 * What a failure means for the mail: `refused`, the server will never accept this mail; `postponed`, it may accept it
 * later; `unavailable`, it accepts no mail at all at the moment.
 */
export type MailVerdict = 'refused' | 'postponed' | 'unavailable';

/** Why a mail was not sent. The message is a sentence for the operator; it may quote the server, but never a secret. */
export class MailFailure extends Error {
  override readonly name = 'MailFailure';
  readonly step: MailStep;
  readonly verdict: MailVerdict;
  /** The reply code of the server, such as `550`, or the error code of the system, such as `ECONNREFUSED`. */
  readonly code: string;

  constructor(step: MailStep, verdict: MailVerdict, code: string, sentence: string) {
    super(sentence);
    this.step = step;
    this.verdict = verdict;
    this.code = code;
  }
}

/** The failure of a mail whose recipient is not an address: no server is contacted. */
export const notAMailbox = (): MailFailure =>
  new MailFailure(
    'recipient',
    'refused',
    'bad_address',
    'The recipient is not an e-mail address of one mailbox.',
  );
