import { setTimeout as delay } from 'node:timers/promises';
import { foldEmail } from '../../authentication/credentials.js';
import type { Rate } from '../../platform/config/fields.js';
import { clientKey } from '../../platform/http/client-address.js';
import { type RateStore, requireRate } from '../../platform/throttle/rate-store.js';

export interface MailRates {
  /** Mails that may be asked for, for one address. */
  readonly perRecipient: Rate | null;
  /** Mails that one client may ask for, and invitations that one account may send. */
  readonly perClient: Rate | null;
  /** Invitations that may leave in the name of one organization. */
  readonly perOrganization: Rate | null;
}

/**
 * Counts requests for mails. What counts is what was asked for, whether anybody has the address or not, so that a
 * refusal says nothing of who exists; the client comes first, so that one who is refused uses up nobody's mails.
 */
export const createMailLimits = (
  rates: RateStore,
  { perRecipient, perClient, perOrganization }: MailRates,
) => ({
  /** @param address of the client. @throws Throttled */
  requireClient: (address: string): Promise<void> =>
    requireRate(rates, `mail:by:${clientKey(address)}`, perClient),
  /** @throws Throttled */
  requireRecipient: (email: string): Promise<void> =>
    requireRate(rates, `mail:to:${foldEmail(email)}`, perRecipient),
  /** For mails to whatever address somebody names who is signed in. @throws Throttled */
  requireAccount: (id: number): Promise<void> => requireRate(rates, `mail:for:${id}`, perRecipient),
  /** Who invites comes first, so that one who is refused uses up nobody else's mails. @throws Throttled */
  requireInvitation: async ({ inviterId, organizationId, email }: InvitationMail): Promise<void> => {
    await requireRate(rates, `mail:invited-by:${inviterId}`, perClient);
    await requireRate(rates, `mail:invited-to:${organizationId}`, perOrganization);
    await requireRate(rates, `mail:to:${foldEmail(email)}`, perRecipient);
  },
});

/** An invitation that is about to be mailed. */
export interface InvitationMail {
  readonly inviterId: number;
  readonly organizationId: number;
  readonly email: string;
}

export type MailLimits = ReturnType<typeof createMailLimits>;

/** Milliseconds. Longer than looking somebody up and writing to the outbox takes. */
const EVEN_ANSWER = 150;

/** Makes an answer that says nothing of who exists take the same time whether anybody was found or not. */
export async function evenly(work: Promise<void>): Promise<void> {
  await Promise.all([work, delay(EVEN_ANSWER)]);
}
