import { describe, expect, it } from 'vitest';
import { isEmail } from '../../../../src/platform/http/email.js';

/** Django's validator, by its answers (`django.core.validators.EmailValidator`, 4.2). */

describe('an e-mail address', () => {
  it.each([
    'a@b.co',
    'A@B.CO',
    'a@localhost',
    'a@[1.2.3.4]',
    'a@[::1]',
    'a@[2001:db8::1]',
    'a@é.com',
    'a@xn--9ca.com',
    'a@bücher.example',
    '"q"@c.com',
    '"q\\ q"@c.com',
    'a+b@c.com',
    "o'x@c.com",
    "!#$%&'*+-/=?^_`{|}~@c.com",
    `${'a'.repeat(65)}@c.com`,
    `a@${'b'.repeat(63)}.com`,
    'a@b-c.d3.com',
    '"a@b"@c.com',
  ])('may be %s', (text) => {
    expect(isEmail(text)).toBe(true);
  });

  it.each([
    '',
    '@',
    'a',
    'a@',
    '@b.co',
    'a@b',
    'a@b.c',
    'a@LOCALHOST',
    'a@-b.com',
    'a@b-.com',
    'a@b_c.com',
    'a@b.com-',
    'a..b@c.com',
    '.a@c.com',
    'a.@c.com',
    'é@c.com',
    'a@[IPv6:::1]',
    'a@[1.2.3]',
    'a@[1.2.3.256]',
    '"a b"@c.com',
    '"a"b@c.com',
    'a b@c.com',
    'a@b.co.',
    'a@b..co',
    'a@.b.co',
    'a@1.2.3.4',
    'a@b@c.com',
    'a@c.com\n',
    'a@c .com',
    'a\0@c.com',
    'a@c.com,b@c.com',
    'A <a@c.com>',
    `a@${'b'.repeat(64)}.com`,
    `${'a'.repeat(315)}@c.com`,
  ])('is none as %j', (text) => {
    expect(isEmail(text)).toBe(false);
  });

  it('may have 320 characters, and no more', () => {
    expect(isEmail(`${'a'.repeat(314)}@c.com`)).toBe(true);
    expect(isEmail(`${'a'.repeat(315)}@c.com`)).toBe(false);
  });
});
