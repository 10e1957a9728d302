import { describe, expect, it } from 'vitest';
import { base32Of, digitsOf, otpauthUrl, SECRET_BYTES, verify } from '../../../../src/platform/otp/totp.js';

/** The secret of RFC 6238, appendix B, for SHA-1. */
const SECRET = Buffer.from('12345678901234567890');

/** Appendix B: seconds, and the code of eight digits, of which the last six are the code of six (RFC 4226, 5.3). */
const VECTORS = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
] as const;

/** Of step 1, the second 59 of the appendix. */
const CODE = '287082';
const at = (seconds: number, code = CODE, lastStep: number | null = null) =>
  verify(SECRET, code, seconds * 1000, lastStep);

describe('a code', () => {
  it.each(VECTORS)('counts at second %i of RFC 6238, appendix B', (seconds, code) => {
    expect(at(seconds, code.slice(2))).toBe(Math.floor(seconds / 30));
  });

  it('counts in its own step, in the one before and in the one after, to the millisecond', () => {
    const counts = (now: number) => verify(SECRET, CODE, now, null) === 1;
    expect([counts(0), counts(29_999), counts(30_000), counts(59_999)]).toEqual([true, true, true, true]);
    expect([counts(60_000), counts(89_999), counts(90_000)]).toEqual([true, true, false]);
    const later = '081804';
    const first = Math.floor(1_111_111_109 / 30) * 30_000 - 30_000;
    expect(verify(SECRET, later, first, null)).toBe(37_037_036);
    expect(verify(SECRET, later, first - 1, null)).toBeUndefined();
  });

  it('counts once: not in the step that counted last, nor in an earlier one', () => {
    expect(at(59, CODE, 0)).toBe(1);
    expect(at(59, CODE, 1)).toBeUndefined();
    expect(at(59, CODE, 2)).toBeUndefined();
  });

  it('of another secret does not count', () => {
    expect(verify(Buffer.alloc(SECRET_BYTES, 7), CODE, 59_000, null)).toBeUndefined();
  });

  it('may be typed with spaces, as apps show it', () => {
    for (const typed of ['287 082', ' 287082 ', '287\u00a0082', '28\t70 82\n']) expect(at(59, typed)).toBe(1);
    expect(digitsOf('287 082')).toBe(CODE);
  });

  it('has six ASCII digits and nothing else', () => {
    const arabic = '٢٨٧٠٨٢';
    const fullWidth = '２８７０８２';
    for (const typed of [
      arabic,
      fullWidth,
      '',
      '28708',
      '2870820',
      '-87082',
      '28708a',
      '0x7082',
      '2.8708',
      CODE + CODE,
    ])
      expect([typed, at(59, typed)]).toEqual([typed, undefined]);
  });

  it('is checked with the bytes of the secret alone, wherever they are in memory', () => {
    const shared = Buffer.concat([Buffer.from('before'), SECRET, Buffer.from('after')]).subarray(6, 26);
    expect(verify(shared, CODE, 59_000, null)).toBe(1);
  });
});

describe('the secret for an app', () => {
  it('is base32 without padding', () => {
    expect(base32Of(SECRET)).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    expect(base32Of(Buffer.from('foob'))).toBe('MZXW6YQ');
  });

  it('is in a link with the issuer and the account, percent-encoded', () => {
    const url = new URL(otpauthUrl(SECRET, { issuer: 'Lab: A&B', account: 'jörg@example.org' }));
    expect(url.protocol + url.host + url.pathname).toBe(
      'otpauth:totp/Lab%3A%20A%26B:j%C3%B6rg%40example.org',
    );
    expect(Object.fromEntries(url.searchParams)).toEqual({
      issuer: 'Lab: A&B',
      secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });

  it('has a link that is short enough for a QR code, cut between characters', () => {
    const url = otpauthUrl(SECRET, { issuer: '𝔘'.repeat(200), account: '𝔘'.repeat(150) });
    expect(url.length).toBeLessThan(2331);
    expect(new URL(url).searchParams.get('issuer')).toBe('𝔘'.repeat(48));
  });
});
