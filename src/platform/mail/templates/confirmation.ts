import { days, type KnownMail, type Site, writeLetter } from './layout.js';

export interface ConfirmationData {
  readonly username: string;
  /** `<PUBLIC_URL>/api/auth/account-confirm-email/<key>/` */
  readonly link: string;
  readonly validDays: number;
}

/** allauth, `account/email/email_confirmation_signup`, in CVAT's version. */
export const signUpConfirmation = (site: Site, { username, link, validDays }: ConfirmationData): KnownMail =>
  writeLetter(site, {
    kind: 'sign-up-confirmation',
    subject: 'Please Confirm Your Email Address',
    name: username,
    paragraphs: [
      `Thank you for signing up at ${site.name}. One step is left: confirm that this address is yours.`,
    ],
    action: { label: 'Confirm my address', link },
    closing: [
      `The link works for ${days(validDays)}.`,
      'If you did not sign up, ignore this mail. The address was probably mistyped.',
    ],
  });

/**
 * allauth, `account/email/email_confirmation`, in CVAT's version: sent if a user signs in before the address is
 * confirmed.
 */
export const loginConfirmation = (site: Site, { username, link, validDays }: ConfirmationData): KnownMail =>
  writeLetter(site, {
    kind: 'login-confirmation',
    subject: 'Please Confirm Your Email Address',
    name: username,
    paragraphs: [`To log in at ${site.name}, first confirm that this address is yours.`],
    action: { label: 'Confirm my address', link },
    closing: [
      `The link works for ${days(validDays)}.`,
      'If you did not try to log in, ignore this mail: the address stays unconfirmed.',
    ],
  });

/** Goes to the new address. Our own: CVAT 2.62 changes addresses without confirmation. */
export const emailChangeConfirmation = (
  site: Site,
  { username, link, validDays }: ConfirmationData,
): KnownMail =>
  writeLetter(site, {
    kind: 'email-change-confirmation',
    subject: 'Confirm your new email address',
    name: username,
    paragraphs: [`This address was entered for your account at ${site.name}. Confirm that it is yours.`],
    action: { label: 'Confirm my new address', link },
    closing: [
      `The link works for ${days(validDays)}.`,
      'If you did not ask for this, ignore this mail: the address stays unconfirmed.',
    ],
  });

export interface EmailChangedData {
  readonly username: string;
  readonly newEmail: string;
}

/** Goes to the old address, whose owner may not know about the change. Our own. */
export const emailChanged = (site: Site, { username, newEmail }: EmailChangedData): KnownMail =>
  writeLetter(site, {
    kind: 'email-changed',
    subject: 'Your email address was changed',
    name: username,
    paragraphs: [
      `The email address of your account at ${site.name} is now ${newEmail}. It was this address before.`,
    ],
    closing: [
      'If you did not change it, tell an administrator at once: another person may be using your account.',
    ],
  });
