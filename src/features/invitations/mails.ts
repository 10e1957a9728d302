import type { Queryable } from '../../platform/db/queryable.js';
import { enqueue } from '../../platform/mail/outbox.js';
import { invitation } from '../../platform/mail/templates/invitation.js';
import type { Site } from '../../platform/mail/templates/layout.js';

export interface InvitationMailDeps {
  /** Base URL of the link, whatever host the request named (deviation 8). */
  readonly publicUrl: string;
  readonly site: () => Site;
  readonly validDays: number;
}

export interface InvitationLetter {
  readonly key: string;
  /** The invited person's address. */
  readonly email: string;
  /** User name of the inviter; undefined if the account has been deleted. */
  readonly inviter: string | undefined;
  /** Slug of the organization. */
  readonly organization: string;
}

/** @returns a function that adds the mail of an invitation to the outbox in the caller's transaction */
export const createInvitationMail =
  ({ publicUrl, site, validDays }: InvitationMailDeps) =>
  (tx: Queryable, { key, email, inviter, organization }: InvitationLetter): Promise<void> => {
    const link = `${publicUrl}/auth/login?email=${encodeURIComponent(email)}&invitation=${key}`;
    return enqueue(tx, { ...invitation(site(), { inviter, organization, link, validDays }), to: email });
  };
