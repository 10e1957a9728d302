import type { Queryable } from '../../platform/db/queryable.js';
import type { Language } from '../../platform/html/language.js';
import { enqueue } from '../../platform/mail/outbox.js';
import { invitation } from '../../platform/mail/templates/invitation.js';
import type { Site } from '../../platform/mail/templates/layout.js';
import { mailLanguage } from '../preferences/index.js';

export interface InvitationMailDeps {
  /** Base URL of CVAT's pages, whatever host the request named (deviation 8). */
  readonly pagesUrl: string;
  readonly site: (language: Language) => Site;
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
  ({ pagesUrl, site, validDays }: InvitationMailDeps) =>
  async (tx: Queryable, { key, email, inviter, organization }: InvitationLetter): Promise<void> => {
    const link = `${pagesUrl}/auth/login?email=${encodeURIComponent(email)}&invitation=${key}`;
    const letter = { inviter, organization, link, validDays };
    await enqueue(tx, { ...invitation(site(await mailLanguage(tx, email)), letter), to: email });
  };
