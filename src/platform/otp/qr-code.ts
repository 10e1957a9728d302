import { renderSVG } from 'uqr';

/** Light modules around the code, without which cameras do not find it (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/**
 * Draws a text as a QR code, black on white in every colour scheme.
 *
 * @param text of at most 2331 bytes, which is all that the largest code holds
 * @returns an `<svg>` element without scripts, styles or references, which scales with its place
 */
export const qrCode = (text: string): string =>
  renderSVG(text, { ecc: 'M', border: QUIET_ZONE, pixelSize: 1 });
