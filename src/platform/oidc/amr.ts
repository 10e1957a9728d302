import { SECOND } from '../../kernel/clock.js';
import type { Claims } from './claims.js';

/** What a person knows, and what they have or are, by the names of RFC 8176. */
const KNOWN = new Set(['pwd', 'pin', 'kba']);
const HELD = new Set([
  'otp',
  'sms',
  'tel',
  'hwk',
  'swk',
  'sc',
  'pop',
  'face',
  'fpt',
  'iris',
  'retina',
  'vbm',
]);

/**
 * @param claims of an ID token whose signature is checked: `amr` and `auth_time` (OpenID Connect Core 1.0, section 2)
 * @param now milliseconds since the epoch
 * @returns when the provider had asked for two factors, in milliseconds since the epoch: 0 if it does not say when; null
 *   if it does not say that it has
 */
export function factorTimeOf({ amr, auth_time: time }: Claims, now: number): number | null {
  if (!Array.isArray(amr)) return null;
  const isStrong =
    amr.includes('mfa') || (amr.some((way) => KNOWN.has(way)) && amr.some((way) => HELD.has(way)));
  if (!isStrong) return null;
  return typeof time === 'number' && Number.isInteger(time) && time > 0 ? Math.min(time * SECOND, now) : 0;
}
