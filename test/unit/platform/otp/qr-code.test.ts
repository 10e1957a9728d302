import { decodeQR } from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { qrCode } from '../../../../src/platform/otp/qr-code.js';

const SCALE = 4;

/** Paints the modules of a drawing, and reads them with another library, as a camera would. */
function read(svg: string): string {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  const width = size * SCALE;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y] of svg.matchAll(/M(\d+),(\d+)h1v1h-1z/g))
    for (let row = 0; row < SCALE; row += 1) {
      const start = ((Number(y) * SCALE + row) * width + Number(x) * SCALE) * 4;
      data.fill(0, start, start + SCALE * 4);
    }
  return decodeQR({ width, height: width, data });
}

const URL_OF_APP = 'otpauth://totp/Lab:maria?issuer=Lab&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('a QR code', () => {
  it.each([URL_OF_APP, 'x', `${URL_OF_APP}&more=${'%F0%9D%94%98'.repeat(150)}`])(
    'says what it was drawn from: %s',
    (text) => {
      expect(read(qrCode(text))).toBe(text);
    },
  );

  it('is black on white with a quiet zone, and refers to nothing', () => {
    const svg = qrCode(URL_OF_APP);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 \d+ \d+">.*<\/svg>$/);
    expect(svg).toContain('<rect fill="white"');
    expect(svg).toContain('<path fill="black"');
    expect(svg).not.toMatch(/script|style|href|url\(|maria/i);
    const places = [...svg.matchAll(/M(\d+),(\d+)h/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
    expect(Math.min(...places)).toBe(4);
  });
});
