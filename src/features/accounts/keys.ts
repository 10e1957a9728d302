import { z } from 'zod';
import { RESET_TOKEN_AGE } from '../../authentication/reset-token.js';
import { unsignValue } from '../../authentication/signing.js';

/** The keys in links of mails: signed, never stored. */

/** allauth's salt of e-mail confirmations. */
export const CONFIRMATION_SALT = 'account';
export const EMAIL_CHANGE_SALT = 'cvat-auth-server.email-change';

/** A change of address that waits for a click: worth nothing once the account has another address. */
const EmailChange = z.object({ userId: z.int(), from: z.string(), to: z.string() });
export type EmailChange = z.output<typeof EmailChange>;

/** @returns the id of the `account_emailaddress` that a confirmation key names, or undefined */
export function readConfirmationKey(key: string, secretKey: string, nowMs: number): number | undefined {
  const value = unsignValue(key, CONFIRMATION_SALT, secretKey, { nowMs, maxAgeSeconds: RESET_TOKEN_AGE });
  return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
}

export function readEmailChangeKey(key: string, secretKey: string, nowMs: number): EmailChange | undefined {
  const value = unsignValue(key, EMAIL_CHANGE_SALT, secretKey, { nowMs, maxAgeSeconds: RESET_TOKEN_AGE });
  return EmailChange.safeParse(value).data;
}
