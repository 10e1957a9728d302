import { type KnownMail, type Site, textsFor, writeLetter } from './layout.js';

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
export function invitation(
  site: Site,
  { inviter, organization, link, validDays }: InvitationData,
): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'invitation',
    subject: texts.invitationSubject(organization),
    paragraphs: [
      inviter === undefined
        ? texts.invitation(site.name, organization)
        : texts.invitationBy(site.name, organization, inviter),
      texts.invitationHow,
    ],
    action: { label: texts.invitationAction, link },
    closing: [texts.invitationValid(texts.days(validDays)), texts.invitationIgnore],
  });
}
