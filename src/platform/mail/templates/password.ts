import { type KnownMail, type Site, textsFor, writeLetter } from './layout.js';

export interface PasswordLinkData {
  readonly username: string;
  /** `<PUBLIC_URL>/auth/password/reset/confirm?uid=<uid>&token=<token>` */
  readonly link: string;
  readonly validDays: number;
}

/** CVAT, `authentication/password_reset_key`. */
export function passwordReset(site: Site, { username, link, validDays }: PasswordLinkData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'password-reset',
    subject: texts.resetSubject,
    name: username,
    paragraphs: [texts.reset(site.name)],
    action: { label: texts.resetAction, link },
    closing: [texts.resetLink(texts.days(validDays), username), texts.resetIgnore],
  });
}

/** For an account that an administrator created. Our own. */
export function setPassword(site: Site, { username, link, validDays }: PasswordLinkData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'set-password',
    subject: texts.setSubject,
    name: username,
    paragraphs: [texts.set(site.name, username)],
    action: { label: texts.setAction, link },
    closing: [texts.setLink(texts.days(validDays))],
  });
}

export interface PasswordChangedData {
  readonly username: string;
}

/** Informs the owner of an account about a change that they may not have made. CVAT sends no such mail. */
export function passwordChanged(site: Site, { username }: PasswordChangedData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'password-changed',
    subject: texts.passwordChangedSubject,
    name: username,
    paragraphs: [texts.passwordChanged(site.name)],
    closing: [texts.passwordChangedWarning],
  });
}
