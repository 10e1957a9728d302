import { encode } from 'uqr';

/** Light modules around the code, without which cameras do not find it (ISO/IEC 18004). */
const QUIET_ZONE = 4;

/** A QR code as a shape: a path of SVG of its dark modules, on a light square of `size` by `size` units. */
export interface QrShape {
  readonly size: number;
  readonly path: string;
}

/**
 * @param text of at most 2331 bytes, which is all that the largest code holds
 * @returns its QR code, with the light modules around it
 */
export function qrShape(text: string): QrShape {
  const { size, data } = encode(text, { ecc: 'M', border: QUIET_ZONE });
  const modules = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => (isDark ? [`M${x},${y}h1v1h-1z`] : [])),
  );
  return { size, path: modules.join('') };
}

/**
 * Draws a text as a QR code, black on white in every colour scheme.
 *
 * @param text as `qrShape` takes it
 * @returns an `<svg>` element without scripts, styles or references, which scales with its place
 */
export function qrCode(text: string): string {
  const { size, path } = qrShape(text);
  const ground = `<rect fill="white" width="${size}" height="${size}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}">${ground}<path fill="black" d="${path}"/></svg>`;
}
