import { type KnownMail, type Site, textsFor, writeLetter } from './layout.js';

export interface ConfirmationData {
  readonly username: string;
  /** `<PUBLIC_URL>/api/auth/account-confirm-email/<key>/` */
  readonly link: string;
  readonly validDays: number;
}

/** allauth, `account/email/email_confirmation_signup`, in CVAT's version. */
export function signUpConfirmation(site: Site, { username, link, validDays }: ConfirmationData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'sign-up-confirmation',
    subject: texts.confirmSubject,
    name: username,
    paragraphs: [texts.signUp(site.name)],
    action: { label: texts.confirmAction, link },
    closing: [texts.linkWorks(texts.days(validDays)), texts.signUpIgnore],
  });
}

/**
 * allauth, `account/email/email_confirmation`, in CVAT's version: sent if a user signs in before the address is
 * confirmed.
 */
export function loginConfirmation(site: Site, { username, link, validDays }: ConfirmationData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'login-confirmation',
    subject: texts.confirmSubject,
    name: username,
    paragraphs: [texts.logIn(site.name)],
    action: { label: texts.confirmAction, link },
    closing: [texts.linkWorks(texts.days(validDays)), texts.logInIgnore],
  });
}

/** Goes to the new address. Our own: CVAT 2.62 changes addresses without confirmation. */
export function emailChangeConfirmation(
  site: Site,
  { username, link, validDays }: ConfirmationData,
): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'email-change-confirmation',
    subject: texts.newAddressSubject,
    name: username,
    paragraphs: [texts.newAddress(site.name)],
    action: { label: texts.newAddressAction, link },
    closing: [texts.linkWorks(texts.days(validDays)), texts.newAddressIgnore],
  });
}

export interface EmailChangedData {
  readonly username: string;
  readonly newEmail: string;
}

/** Goes to the old address, whose owner may not know about the change. Our own. */
export function emailChanged(site: Site, { username, newEmail }: EmailChangedData): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'email-changed',
    subject: texts.addressChangedSubject,
    name: username,
    paragraphs: [texts.addressChanged(site.name, newEmail)],
    closing: [texts.addressChangedWarning],
  });
}
