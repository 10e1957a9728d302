import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { domainOf, isMailbox, oneLine, parseSender } from '../../../../src/platform/mail/message.js';

describe('oneLine', () => {
  it.each([
    ['Hello\r\nBcc: eve@evil.example', 'Hello Bcc: eve@evil.example'],
    ['a\0b', 'a b'],
    ['a\u2028b\u0085c', 'a b c'],
    ['left \u202egnp.exe', 'left gnp.exe'],
    ['  wide   open ', 'wide open'],
    ['Grüße, Иван 🎉', 'Grüße, Иван 🎉'],
  ])('makes one visible line of %j', (text, line) => {
    expect(oneLine(text)).toBe(line);
  });

  it('leaves no control character of any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => !/[\p{Cc}\u2028\u2029]/u.test(oneLine(text))),
    );
  });
});

describe('isMailbox', () => {
  it.each([
    'a@localhost',
    "o'neil+x@example.org",
    'Иван@пример.рф',
    '"a.b"@example.org',
    'a@[127.0.0.1]',
    'a@[::1]',
  ])('accepts %s', (address) => {
    expect(isMailbox(address)).toBe(true);
  });

  it.each([
    'a@b.org, c@d.org',
    'a@b.org;c@d.org',
    'a@b.org>\r\nRCPT TO:<c@d.org',
    'a@b.org\nBcc: c@d.org',
    'a\0@b.org',
    'friends: a@b.org, c@d.org;',
    'Ann <a@b.org>',
    'a@b@c.org',
    '@relay.org:a@b.org',
    'a(c@d.org)@b.org',
    'a@[x@evil.org]',
    '"a\r\nBcc: c"@d.org',
    'a@b.org ',
    'a@',
    '@b.org',
    'ann',
    '',
  ])('refuses %j, which is not one mailbox under every reading', (address) => {
    expect(isMailbox(address)).toBe(false);
  });

  it('decides in linear time: texts of 100,000 characters do not hold it up', () => {
    const start = process.hrtime.bigint();
    for (const text of ['a'.repeat(100_000), `"${'\\a'.repeat(50_000)}`, `a@${'b.'.repeat(50_000)}`]) {
      expect(isMailbox(text)).toBe(false);
    }
    expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(1000);
  });
});

describe('domainOf', () => {
  it('gives the part of an address that may be logged', () => {
    expect(domainOf('Ann.Secret@Example.ORG')).toBe('example.org');
  });
});

describe('parseSender', () => {
  it.each([
    ['noreply@example.org', { name: '', address: 'noreply@example.org' }],
    ['CVAT <noreply@example.org>', { name: 'CVAT', address: 'noreply@example.org' }],
    ['"CVAT, Inc." <noreply@example.org>', { name: 'CVAT, Inc.', address: 'noreply@example.org' }],
    ['webmaster@localhost', { name: '', address: 'webmaster@localhost' }],
  ])('reads %s', (text, sender) => {
    expect(parseSender(text)).toEqual(sender);
  });

  it.each(['CVAT', 'CVAT <a@b.org>, Eve <c@d.org>', 'a@b.org, c@d.org', '<>', ''])('refuses %j', (text) => {
    expect(parseSender(text)).toBeUndefined();
  });
});
