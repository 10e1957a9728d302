import { type KnownMail, type Site, textsFor, writeLetter } from './layout.js';

export interface AccountWaitingData {
  readonly username: string;
  readonly email: string;
  /** Link for activating the account. */
  readonly link: string;
}

/** Goes to each administrator. Our own. */
export function accountWaiting(site: Site, { username, email, link }: AccountWaitingData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'account-waiting',
    subject: texts.waitingSubject,
    paragraphs: [texts.waiting(site.name, username, email)],
    action: { label: texts.waitingAction, link },
    closing: [texts.waitingWhy],
  });
}

export interface AccountActivatedData {
  readonly username: string;
  /** Link for logging in. */
  readonly link: string;
}

/** Goes to the owner of the account. Our own. */
export function accountActivated(site: Site, { username, link }: AccountActivatedData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'account-activated',
    subject: texts.activeSubject,
    name: username,
    paragraphs: [texts.active(site.name)],
    action: { label: texts.activeAction, link },
    closing: [texts.activeName(username)],
  });
}
