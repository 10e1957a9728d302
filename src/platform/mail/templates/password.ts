import { days, type KnownMail, type Site, writeLetter } from './layout.js';

export interface PasswordLinkData {
  readonly username: string;
  /** `<PUBLIC_URL>/auth/password/reset/confirm?uid=<uid>&token=<token>` */
  readonly link: string;
  readonly validDays: number;
}

/** CVAT, `authentication/password_reset_key`. */
export const passwordReset = (site: Site, { username, link, validDays }: PasswordLinkData): KnownMail =>
  writeLetter(site, {
    kind: 'password-reset',
    subject: 'Password Reset E-mail',
    name: username,
    paragraphs: [`A new password was requested for your account at ${site.name}.`],
    action: { label: 'Choose a new password', link },
    closing: [
      `The link works once, for ${days(validDays)}. Your user name is ${username}.`,
      'If you did not request it, ignore this mail: your password does not change.',
    ],
  });

/** For an account that an administrator created. Our own. */
export const setPassword = (site: Site, { username, link, validDays }: PasswordLinkData): KnownMail =>
  writeLetter(site, {
    kind: 'set-password',
    subject: 'Set the password of your new account',
    name: username,
    paragraphs: [`An administrator made an account for you at ${site.name}. Your user name is ${username}.`],
    action: { label: 'Set my password', link },
    closing: [`The link works once, for ${days(validDays)}. After that, ask for a password reset.`],
  });

export interface PasswordChangedData {
  readonly username: string;
}

/** Informs the owner of an account about a change that they may not have made. CVAT sends no such mail. */
export const passwordChanged = (site: Site, { username }: PasswordChangedData): KnownMail =>
  writeLetter(site, {
    kind: 'password-changed',
    subject: 'Your password was changed',
    name: username,
    paragraphs: [`The password of your account at ${site.name} was changed.`],
    closing: [
      'If you did not change it, reset it at once and tell an administrator: another person may be using your account.',
    ],
  });
