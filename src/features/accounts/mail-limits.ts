import { setTimeout as delay } from 'node:timers/promises';
import { foldEmail } from '../../authentication/credentials.js';
import type { Rate } from '../../platform/config/fields.js';
import { clientKey } from '../../platform/http/client-address.js';
import { type RateStore, requireRate } from '../../platform/throttle/rate-store.js';

export interface MailRates {
  /** Mails that may be requested per recipient address. */
  readonly perRecipient: Rate | null;
  /** Mails that one client may request, and invitations and offers that one account may send. */
  readonly perClient: Rate | null;
  /** Invitations and offers that may be sent in the name of one organization. */
  readonly perOrganization: Rate | null;
}

const CLIENT = 'mail_requests_per_client';
const RECIPIENT = 'mail_requests_per_recipient';
const ORGANIZATION = 'mail_requests_per_organization';

/**
 * Counts requests for mails. They count whether or not anyone has the address, so that a refusal does not reveal which
 * accounts exist; the client is checked first, so that a refused client does not use up other people's mails.
 */
export const createMailLimits = (
  rates: RateStore,
  { perRecipient, perClient, perOrganization }: MailRates,
) => ({
  /** @param address the client's IP address. @throws Throttled */
  requireClient: (address: string): Promise<void> =>
    requireRate(rates, CLIENT, `mail:by:${clientKey(address)}`, perClient),
  /** @throws Throttled */
  requireRecipient: (email: string): Promise<void> =>
    requireRate(rates, RECIPIENT, `mail:to:${foldEmail(email)}`, perRecipient),
  /** For mails to any address that a signed-in user enters. @throws Throttled */
  requireAccount: (id: number): Promise<void> =>
    requireRate(rates, RECIPIENT, `mail:for:${id}`, perRecipient),
  /** The inviter is checked first, so that a refused one does not use up other people's mails. @throws Throttled */
  requireInvitation: async ({ inviterId, organizationId, email }: InvitationMail): Promise<void> => {
    await requireRate(rates, CLIENT, `mail:invited-by:${inviterId}`, perClient);
    await requireRate(rates, ORGANIZATION, `mail:invited-to:${organizationId}`, perOrganization);
    await requireRate(rates, RECIPIENT, `mail:to:${foldEmail(email)}`, perRecipient);
  },
});

/** An invitation to an organization, or an offer of one, that is about to be mailed. */
export interface InvitationMail {
  readonly inviterId: number;
  readonly organizationId: number;
  readonly email: string;
}

export type MailLimits = ReturnType<typeof createMailLimits>;

/** Milliseconds. Longer than a look-up and a write to the outbox take. */
const EVEN_ANSWER = 150;

/**
 * Makes answers take the same time whether or not a user was found, so that they do not reveal which accounts exist.
 */
export async function evenly(work: Promise<void>): Promise<void> {
  await Promise.all([work, delay(EVEN_ANSWER)]);
}
