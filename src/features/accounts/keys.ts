import { z } from 'zod';
import { RESET_TOKEN_AGE } from '../../authentication/reset-token.js';
import { saltedHmac, unsignValue } from '../../authentication/signing.js';
import { isId } from '../../kernel/account.js';

/** The keys in mailed links: signed, never stored. */

/** allauth's salt for e-mail confirmations. */
export const CONFIRMATION_SALT = 'account';
export const EMAIL_CHANGE_SALT = 'cvat-auth-server.email-change';
const ACCOUNT_STATE_SALT = 'cvat-auth-server.account-state';

/** A change of address that has not been confirmed yet. */
const EmailChange = z.object({
  userId: z.int().refine(isId),
  to: z.string(),
  /** `accountState` when the change was requested: the link is invalid once it differs. */
  state: z.string(),
});
export type EmailChange = z.output<typeof EmailChange>;

/**
 * @param maxAgeSeconds default: as long as a link works
 * @returns the id of the `account_emailaddress` that a confirmation key names, or undefined
 */
export function readConfirmationKey(
  key: string,
  secretKey: string,
  nowMs: number,
  maxAgeSeconds = RESET_TOKEN_AGE,
): number | undefined {
  const value = unsignValue(key, CONFIRMATION_SALT, secretKey, { nowMs, maxAgeSeconds });
  return typeof value === 'number' && isId(value) ? value : undefined;
}

export function readEmailChangeKey(key: string, secretKey: string, nowMs: number): EmailChange | undefined {
  const value = unsignValue(key, EMAIL_CHANGE_SALT, secretKey, { nowMs, maxAgeSeconds: RESET_TOKEN_AGE });
  return EmailChange.safeParse(value).data;
}

/** The data that a pending change of address depends on. */
export interface AccountState {
  /** The password column: setting a new password invalidates requests made by a thief of the old one. */
  readonly password: string;
  readonly email: string;
  /** Ids of its addresses: a change that was made and reverted leaves another one. */
  readonly addressIds: readonly number[];
}

/** @returns a digest of it, which reveals nothing about the password */
export const accountState = ({ password, email, addressIds }: AccountState, secretKey: string): string =>
  saltedHmac(ACCOUNT_STATE_SALT, JSON.stringify([password, email, addressIds]), secretKey).toString(
    'base64url',
  );
