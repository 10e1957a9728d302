import { describe, expect, it } from 'vitest';
import {
  createResetToken,
  isResetToken,
  parseBase36,
  RESET_TOKEN_AGE,
  toBase36,
} from '../../../src/authentication/reset-token.js';
import { sessionAuthHash, signValue, unsignValue } from '../../../src/authentication/signing.js';

/** Vectors of the Python libraries. */
const SECRET = 'oracle-secret-key-0123456789abcdefghijklmnopqrstuvwxyz';
const PASSWORD = 'pbkdf2_sha256$1000$seasalt$AAA=';

describe('the session hash', () => {
  it('is the one Django computes', () => {
    expect(sessionAuthHash(PASSWORD, SECRET)).toBe(
      'b4f5bd8a62ddd3ac38be4d640d2398fc958155e2802138d1acee873898590e3c',
    );
  });
});

describe('signed values', () => {
  const signed = 'NDI:1r31eq:Mf3fNsJJkyMyvqCZ5qYg7fEJoh5YlgnrHph5jhcmzrU';
  const at = 1_700_000_000;
  const young = { nowMs: at * 1000, maxAgeSeconds: 3 };

  it('are the ones Django makes', () => {
    expect(signValue(42, 'account', SECRET, at * 1000 + 999)).toBe(signed);
    expect(unsignValue(signed, 'account', SECRET, young)).toBe(42);
  });

  it('last exactly their age', () => {
    expect(unsignValue(signed, 'account', SECRET, { nowMs: (at + 3) * 1000, maxAgeSeconds: 3 })).toBe(42);
    expect(
      unsignValue(signed, 'account', SECRET, { nowMs: (at + 4) * 1000, maxAgeSeconds: 3 }),
    ).toBeUndefined();
  });

  it.each([
    ['another salt', signed, 'other', SECRET],
    ['another secret', signed, 'account', `${SECRET}x`],
    ['another value', signed.replace('NDI', 'NDM'), 'account', SECRET],
    ['another time', signed.replace('1r31eq', '1r31er'), 'account', SECRET],
    ['a part too many', `${signed}:x`, 'account', SECRET],
    ['nothing', '', 'account', SECRET],
  ])('are refused with %s', (_what, text, salt, secret) => {
    expect(unsignValue(text, salt, secret, young)).toBeUndefined();
  });
});

describe('reset tokens', () => {
  const subject = {
    id: 7,
    password: PASSWORD,
    lastLogin: '2024-07-02T12:34:56.789012Z',
    email: 'u@ex.com',
    addresses: ['u@ex.com', 'alt@ex.com'],
  };
  const seconds = 700_000_000;
  const now = Date.UTC(2001, 0, 1) + seconds * 1000;
  const token = 'bkrfgg-4d0775830136124729e1479b4eb2c06e';

  it('are the ones allauth makes', () => {
    expect(createResetToken(subject, SECRET, now)).toBe(token);
    expect(createResetToken({ ...subject, lastLogin: null }, SECRET, now)).toBe(
      'bkrfgg-1bc493062be43461184ed3b8aae780b6',
    );
  });

  it('are good for three days to the second', () => {
    expect(isResetToken(token, subject, SECRET, now + RESET_TOKEN_AGE * 1000)).toBe(true);
    expect(isResetToken(token, subject, SECRET, now + (RESET_TOKEN_AGE + 1) * 1000)).toBe(false);
  });

  it('survive a login within the same second and no other', () => {
    expect(isResetToken(token, { ...subject, lastLogin: '2024-07-02T12:34:56Z' }, SECRET, now)).toBe(true);
    expect(isResetToken(token, { ...subject, lastLogin: '2024-07-02T12:34:57Z' }, SECRET, now)).toBe(false);
  });

  it.each([
    ['the password changed', { ...subject, password: 'other' }],
    ['the address changed', { ...subject, email: 'v@ex.com' }],
    ['an address was added', { ...subject, addresses: [...subject.addresses, 'third@ex.com'] }],
    ['it is of another account', { ...subject, id: 8 }],
  ])('end when %s', (_what, changed) => {
    expect(isResetToken(token, changed, SECRET, now)).toBe(false);
  });

  it('are refused with an upper-case time, more parts, or none', () => {
    for (const text of [token.replace('bkrfgg', 'BKRFGG'), `${token}-x`, 'bkrfgg', '', '-']) {
      expect(isResetToken(text, subject, SECRET, now)).toBe(false);
    }
  });
});

describe('base 36', () => {
  it.each([
    [1, '1'],
    [35, 'z'],
    [36, '10'],
    [12_345, '9ix'],
  ])('writes %i as %s', (id, text) => {
    expect(toBase36(id)).toBe(text);
    expect(parseBase36(text.toUpperCase())).toBe(id);
  });

  it('refuses what is too long or no number', () => {
    for (const text of ['', 'ä', '1-', 'zzzzzzzzzzzzzz', 'zzzzzzzzzzzzz'])
      expect(parseBase36(text)).toBeUndefined();
  });
});
