import { describe, expect, it } from 'vitest';
import { clientKey, readAddress } from '../../../../src/platform/http/client-address.js';

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:51234', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:0201', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:443', '192.0.2.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['[fe80::1%25eth0]:443', 'fe80::1'],
    ['2001:db8:1:2:3:4:5:443', '2001:db8:1:2:3:4:5:443'],
  ])('%s is %s', (text, address) => {
    expect(readAddress(text)).toBe(address);
  });

  it.each([
    '',
    'unknown',
    'localhost',
    '1',
    '127.1',
    '010.0.0.1',
    '192.0.2.1:',
    '192.0.2.1:123456',
    '192.0.2.1 ',
    '192.0.2.1/32',
    '[192.0.2.1',
    '[]',
    '[2001:db8::1]443',
    '2001:db8::1]',
    '2001:db8:::1',
    'for=192.0.2.1',
  ])('is not what %j is', (text) => {
    expect(readAddress(text)).toBeUndefined();
  });
});

describe('the key of a client', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1::', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('of %s is %s', (address, key) => {
    expect(clientKey(address)).toBe(key);
  });
});
