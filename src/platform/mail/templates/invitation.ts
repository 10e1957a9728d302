import { days, type KnownMail, type Site, writeLetter } from './layout.js';

export interface InvitationData {
  /** User name of the inviter; undefined if the account has been deleted. */
  readonly inviter?: string | undefined;
  /** Slug of the organization: CVAT calls it the name. */
  readonly organization: string;
  /** `<PUBLIC_URL>/auth/login?email=<email>&invitation=<key>` */
  readonly link: string;
  readonly validDays: number;
}

/** CVAT, `invitation/invitation`. */
export const invitation = (
  site: Site,
  { inviter, organization, link, validDays }: InvitationData,
): KnownMail =>
  writeLetter(site, {
    kind: 'invitation',
    subject: `You're invited to join the ${organization} organization in CVAT!`,
    paragraphs: [
      inviter === undefined
        ? `You are invited to the organization ${organization} at ${site.name}.`
        : `${inviter} invites you to the organization ${organization} at ${site.name}.`,
      'Log in, or sign up with this address, then accept or decline.',
    ],
    action: { label: 'See the invitation', link },
    closing: [
      `The invitation is valid for ${days(validDays)}.`,
      'If you do not expect an invitation, ignore this mail.',
    ],
  });
