import { type KnownMail, type Site, writeLetter } from './layout.js';

export interface AccountWaitingData {
  readonly username: string;
  readonly email: string;
  /** Link for activating the account. */
  readonly link: string;
}

/** Goes to each administrator. Our own. */
export const accountWaiting = (site: Site, { username, email, link }: AccountWaitingData): KnownMail =>
  writeLetter(site, {
    kind: 'account-waiting',
    subject: 'An account is waiting for approval',
    paragraphs: [
      `${username} (${email}) signed up at ${site.name} and can't log in until an administrator approves the account.`,
    ],
    action: { label: 'Review the account', link },
    closing: ['You receive this mail because you are an administrator.'],
  });

export interface AccountActivatedData {
  readonly username: string;
  /** Link for logging in. */
  readonly link: string;
}

/** Goes to the owner of the account. Our own. */
export const accountActivated = (site: Site, { username, link }: AccountActivatedData): KnownMail =>
  writeLetter(site, {
    kind: 'account-activated',
    subject: 'Your account is active',
    name: username,
    paragraphs: [`An administrator activated your account at ${site.name}.`],
    action: { label: 'Log in', link },
    closing: [`Your user name is ${username}.`],
  });
