import type { Queryable } from '../../platform/db/queryable.js';
import type { Language } from '../../platform/html/language.js';
import { enqueue } from '../../platform/mail/outbox.js';
import type { Site } from '../../platform/mail/templates/layout.js';
import { transferOffer } from '../../platform/mail/templates/transfer.js';
import { mailLanguage } from '../preferences/index.js';

export interface OfferMailDeps {
  /** Below it are the pages of organizations, each at its short name. */
  readonly organizationsUrl: string;
  readonly site: (language: Language) => Site;
  readonly validDays: number;
}

export interface OfferLetter {
  /** The address of the member whom the organization is offered to. */
  readonly email: string;
  readonly username: string;
  /** User name of the one who offers it. */
  readonly author: string;
  /** Slug of the organization. */
  readonly organization: string;
}

/** @returns a function that adds the mail of an offer to the outbox in the caller's transaction */
export const createOfferMail =
  ({ organizationsUrl, site, validDays }: OfferMailDeps) =>
  async (tx: Queryable, { email, username, author, organization }: OfferLetter): Promise<void> => {
    const link = `${organizationsUrl}/${encodeURIComponent(organization)}`;
    const letter = { username, author, organization, link, validDays };
    await enqueue(tx, { ...transferOffer(site(await mailLanguage(tx, email)), letter), to: email });
  };
