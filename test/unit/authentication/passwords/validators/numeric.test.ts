import { describe, expect, it } from 'vitest';
import { isEntirelyNumeric } from '../../../../../src/authentication/passwords/validators/numeric.js';

describe('an entirely numeric password', () => {
  it.each([
    ['digits', '1234567890'],
    ['Arabic-Indic digits', '٠١٢٣٤٥٦٧٨٩'],
    ['full-width digits', '１２３４'],
    ['mathematical digits', '𝟎𝟏𝟐𝟑'],
    ['superscripts', '¹²³⁴'],
    ['circled digits', '①②③⓪'],
    ['digits of Brahmi numbers', '\u{11052}\u{1105A}'],
  ])('is one of %s', (_, password) => {
    expect(isEntirelyNumeric(password)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['a space among digits', '1234 567'],
    ['a sign', '-12345678'],
    ['fractions', '½⅓'],
    ['Roman numerals', 'ⅣⅤ'],
    ['Chinese numerals', '一二三'],
    ['a circled ten', '⑩'],
  ])('is not one of %s', (_, password) => {
    expect(isEntirelyNumeric(password)).toBe(false);
  });

  it('is made of decimals, 660 and more since Unicode 14, and of the 128 other digits', () => {
    const digits = Array.from({ length: 0x11_0000 }, (_, codePoint) => codePoint).filter(
      (codePoint) =>
        (codePoint < 0xd800 || codePoint > 0xdfff) && isEntirelyNumeric(String.fromCodePoint(codePoint)),
    );
    const decimals = digits.filter((codePoint) => /\p{Nd}/u.test(String.fromCodePoint(codePoint)));
    expect(digits.length - decimals.length).toBe(128);
    expect(decimals.length).toBeGreaterThanOrEqual(660);
  });
});
