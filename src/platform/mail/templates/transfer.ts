import { type KnownMail, type Site, textsFor, writeLetter } from './layout.js';

export interface TransferOfferData {
  /** User name of the member whom the organization is offered to. */
  readonly username: string;
  /** User name of the one who offers it. */
  readonly author: string;
  /** Slug of the organization. */
  readonly organization: string;
  /** The page of the organization, where the offer is accepted or declined. */
  readonly link: string;
  readonly validDays: number;
}

/** Goes to the member whom an organization is offered to. Our own. */
export function transferOffer(
  site: Site,
  { username, author, organization, link, validDays }: TransferOfferData,
): KnownMail {
  const texts = textsFor(site);
  return writeLetter(site, {
    kind: 'transfer-offer',
    subject: texts.offerSubject(organization),
    name: username,
    paragraphs: [texts.offer(site.name, organization, author), texts.offerHow],
    action: { label: texts.offerAction, link },
    closing: [texts.offerValid(texts.days(validDays)), texts.offerIgnore],
  });
}
