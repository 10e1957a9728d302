import { timingSafeEqual } from 'node:crypto';
import { HOTP, Secret, TOTP } from 'otpauth';
import { SECOND } from '../../kernel/clock.js';

/** Codes of authenticator apps: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which all apps know. */

const PERIOD_SECONDS = 30;
/** Steps before and after the present one whose codes count too: clocks differ (RFC 6238, section 5.2). */
const DRIFT = 1;
/** 160 bits, as RFC 4226 recommends (section 4, R6). */
export const SECRET_BYTES = 20;
/** A longer name makes a code that cameras cannot read, and far longer ones fit into no QR code. */
const LONGEST_NAME = 48;

/** @returns the step of a moment; `now` is in milliseconds since the epoch */
const stepOf = (now: number): number => Math.floor(now / (PERIOD_SECONDS * SECOND));

/** The library takes the memory of a secret, which a Buffer shares with others. */
const keyOf = (secret: Uint8Array): Secret => new Secret({ buffer: Uint8Array.from(secret).buffer });

/** @returns the digits of a code as they were typed, with or without spaces; undefined for anything else */
export function digitsOf(typed: string): string | undefined {
  const digits = typed.replace(/\s/g, '');
  return /^[0-9]{6}$/.test(digits) ? digits : undefined;
}

/**
 * Checks a code, in a time that does not depend on which step it is of.
 *
 * @param code as it was typed
 * @param now milliseconds since the epoch
 * @param lastStep step of the last code that counted; null before the first. Codes of this step and earlier ones count
 *   no more (RFC 6238, section 5.2: a code is accepted only once)
 * @returns the step of the code, to be stored as the last one; undefined for a code that does not count
 */
export function verify(
  secret: Uint8Array,
  code: string,
  now: number,
  lastStep: number | null,
): number | undefined {
  const digits = digitsOf(code);
  if (digits === undefined) return undefined;
  const key = keyOf(secret);
  const typed = Buffer.from(digits);
  const present = stepOf(now);
  let found: number | undefined;
  // If two steps have the same code, the later one is used up: otherwise the code would count again.
  for (let step = Math.max(0, present - DRIFT); step <= present + DRIFT; step += 1) {
    const isIt = timingSafeEqual(typed, Buffer.from(HOTP.generate({ secret: key, counter: step })));
    if (isIt && (lastStep === null || step > lastStep)) found = step;
  }
  return found;
}

/** @returns the secret for people who type it: base32 without padding (RFC 4648), as apps expect it */
export const base32Of = (secret: Uint8Array): string => keyOf(secret).base32;

/** Whose code it is, as the app shows it. */
export interface Label {
  /** Name of the site. */
  readonly issuer: string;
  readonly account: string;
}

/**
 * @returns the link that sets up an app: `otpauth://totp/Issuer:account?issuer=...&secret=...`, percent-encoded (Google
 *   Authenticator's "Key Uri Format"). Of long names it has the beginning
 */
export const otpauthUrl = (secret: Uint8Array, { issuer, account }: Label): string =>
  new TOTP({
    issuer: cut(issuer),
    label: cut(account),
    secret: keyOf(secret),
    period: PERIOD_SECONDS,
  }).toString();

/** Cuts between code points: half of one cannot be encoded. */
const cut = (name: string): string => [...name].slice(0, LONGEST_NAME).join('');
