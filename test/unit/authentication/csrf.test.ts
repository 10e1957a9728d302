import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCsrfSecret, csrfFormatProblem, unmaskCsrfToken } from '../../../src/authentication/csrf.js';
import { ALPHANUMERIC, systemRandom } from '../../../src/kernel/random.js';
import { maskCsrf } from '../../support/csrf.js';

const token = fc.string({ unit: fc.constantFrom(...ALPHANUMERIC), minLength: 32, maxLength: 32 });

describe('a CSRF token', () => {
  it('is unmasked as Django unmasks it', () => {
    const masked = 'MASKmaskMASKmaskMASKmaskMASKmask0123456789abcdefghijABCDEFGHIJ01';
    expect(unmaskCsrfToken(masked)).toBe('oBktS5OXwJsB0dW5ERAJoBkt2fY7wJIR');
  });

  it('is the same under every mask, and itself without one', () => {
    fc.assert(
      fc.property(token, token, (secret, mask) => {
        expect(unmaskCsrfToken(maskCsrf(secret, mask))).toBe(secret);
        expect(unmaskCsrfToken(secret)).toBe(secret);
      }),
    );
  });

  it('is another one after any change of a letter', () => {
    fc.assert(
      fc.property(token, token, fc.nat({ max: 63 }), (secret, mask, at) => {
        const masked = maskCsrf(secret, mask);
        const changed = masked.slice(0, at) + (masked[at] === 'a' ? 'b' : 'a') + masked.slice(at + 1);
        expect(unmaskCsrfToken(changed)).not.toBe(secret);
      }),
    );
  });

  it('is made of 32 letters and digits', () => {
    expect(createCsrfSecret(systemRandom)).toMatch(/^[a-zA-Z0-9]{32}$/);
    expect(csrfFormatProblem(createCsrfSecret(systemRandom))).toBeUndefined();
  });

  it.each([
    ['', 'has incorrect length'],
    ['a'.repeat(31), 'has incorrect length'],
    ['a'.repeat(48), 'has incorrect length'],
    ['\u{1f427}'.repeat(16), 'has invalid characters'],
    [`${'a'.repeat(31)} `, 'has invalid characters'],
    ['a'.repeat(64), undefined],
  ])('%j %s', (text, problem) => {
    expect(csrfFormatProblem(text)).toBe(problem);
  });
});
