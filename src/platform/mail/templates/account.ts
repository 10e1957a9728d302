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

export interface IdentityData {
  readonly username: string;
  /** Name of the identity provider. */
  readonly provider: string;
}

/** Informs the owner of an account about a new way in, which may not be theirs. Our own. */
export function accountLinked(site: Site, { username, provider }: IdentityData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'account-linked',
    subject: texts.linkedSubject,
    name: username,
    paragraphs: [texts.linked(site.name, provider)],
    closing: [texts.linkedWarning],
  });
}

/** Informs the owner of an account about a way in that is gone. Our own. */
export function accountUnlinked(site: Site, { username, provider }: IdentityData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'account-unlinked',
    subject: texts.unlinkedSubject,
    name: username,
    paragraphs: [texts.unlinked(site.name, provider)],
    closing: [texts.unlinkedWarning],
  });
}
