import fc from 'fast-check';
import { AndFilter, EqualityFilter } from 'ldapts';
import { describe, expect, it } from 'vitest';
import { parseFilter, parseLoginDn, parseLoginFilter } from '../../../../src/platform/ldap/filter.js';
import {
  broadName,
  escapeDnValue,
  escapeFilterValue,
  isPlainLogin,
  normalizeDn,
  splitUnescaped,
} from '../../../../src/platform/ldap/names.js';

/** Text full of what is special in filters and names. */
const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'*()\\,+"<>;=#& |!$1\0'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 30,
});

describe('escapeFilterValue', () => {
  it('escapes what RFC 4515 names, and nothing else', () => {
    expect(escapeFilterValue('a*b(c)d\\e\0fé')).toBe('a\\2ab\\28c\\29d\\5ce\\00fé');
  });

  it('makes any text a value that is compared as it is', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const filter = parseFilter(`(uid=${escapeFilterValue(value)})`);
        expect(filter).toEqual(new EqualityFilter({ attribute: 'uid', value }));
      }),
    );
  });
});

describe('escapeDnValue', () => {
  it.each([
    ['Sue, Grabbit and Runn', 'Sue\\2c Grabbit and Runn'],
    ['#first', '\\23first'],
    [' both ends ', '\\20both ends\\20'],
    ['a+b=c;<d>"e"\\f', 'a\\2bb\\3dc\\3b\\3cd\\3e\\22e\\22\\5cf'],
    ['\0', '\\00'],
    [' ', '\\20'],
    ['Lučić', 'Lučić'],
  ])('writes %j as %j', (value, escaped) => {
    expect(escapeDnValue(value)).toBe(escaped);
  });

  it('keeps any text within its one value', () => {
    fc.assert(
      fc.property(hostile, (value) => {
        const dn = `uid=${escapeDnValue(value)},ou=people,dc=example`;
        expect(splitUnescaped(dn, ',')).toHaveLength(3);
        expect(normalizeDn(dn)).toMatch(/,ou=people,dc=example$/);
      }),
    );
  });
});

describe('normalizeDn', () => {
  it.each([
    'CN=CVAT Admins,OU=Groups,DC=example,DC=org',
    'cn=cvat  admins, ou=groups , dc=Example,dc=ORG',
    'cn=\\43VAT\\20admins,ou=groups,dc=example,dc=org',
    'cn = cvat admins,ou=groups,dc=ex\\61mple,dc=org',
  ])('takes %j for the same name', (dn) => {
    expect(normalizeDn(dn)).toBe('cn=cvat admins,ou=groups,dc=example,dc=org');
  });

  it('reads escaped bytes as UTF-8, and multi-valued parts in any order', () => {
    expect(normalizeDn('cn=Lu\\C4\\8Di\\C4\\87')).toBe('cn=lučić');
    expect(normalizeDn('uid=a+cn=b,dc=x')).toBe(normalizeDn('cn=B+UID=A,dc=x'));
    expect(normalizeDn('1.2.3=#0401FF')).toBe('1.2.3=#0401ff');
  });

  it('tells names apart that an escaped separator makes different', () => {
    expect(normalizeDn('cn=a\\,dc=b')).not.toBe(normalizeDn('cn=a,dc=b'));
    expect(normalizeDn('cn=a\\+uid=b')).not.toBe(normalizeDn('cn=a+uid=b'));
  });

  it.each([
    '',
    'people',
    'cn=a,,dc=b',
    'cn=a,',
    '=a',
    'cn=a;dc=b',
    'cn="a"',
    'cn=a\\',
    'cn=a\\zz',
    'c n=a',
    'cn=<a>',
  ])('takes %j for no name', (dn) => {
    expect(normalizeDn(dn)).toBeUndefined();
  });
});

describe('isPlainLogin', () => {
  it.each(['anna', "o'brien", 'Ærøskøbing', '山田太郎', 'Anna Smith', 'anna@example.org', 'a'.repeat(256)])(
    'takes %j',
    (name) => {
      expect(isPlainLogin(name)).toBe(true);
    },
  );

  it.each([
    '',
    ' anna',
    'anna ',
    'anna  b',
    'an\u00adna',
    'anna\u200b',
    'anna\ufe0f',
    '\uff41nna',
    'ann\u0061\u0308',
    'anna\n',
    'an\0na',
    'a\u00a0b',
    '\ud800',
    'a'.repeat(257),
  ])('refuses %j, which a directory would read as another spelling', (name) => {
    expect(isPlainLogin(name)).toBe(false);
  });
});

describe('broadName', () => {
  it.each([
    ['andré', 'Andre\u0301', 'ANDRE', 'ａndré', ' andré '],
    ['straße', 'STRASSE', 'Strasse'],
    ['a  b', 'A B'],
  ])('is one for all ways to write %j', (...spellings) => {
    expect(new Set(spellings.map(broadName)).size).toBe(1);
  });

  it('keeps other names apart', () => {
    expect(new Set(['anna', 'anne', 'ann', 'a nna', '山田', '山'].map(broadName)).size).toBe(6);
  });
});

describe('parseLoginFilter', () => {
  it.each([
    ['(uid=%(user)s)', 'uid'],
    ['(&(objectClass=person)(sAMAccountName=%(user)s))', 'sAMAccountName'],
    ['(|(uid=%(user)s)(mail=%(user)s@example.org))', 'uid'],
  ])('reads %s', (text, attribute) => {
    expect(parseLoginFilter(text)?.attribute).toBe(attribute);
  });

  it.each([
    '',
    'uid=%(user)s',
    '(uid=anna)',
    '(uid=%(user)s',
    '(uid=%(user)s))',
    '(%(user)s=x)',
    '(uid>=%(user)s)',
    '(uid:caseExactMatch:=%(user)s)',
    '(&(uid=%(user)s)(%(user)s=1))',
    '(& (uid=%(user)s))',
    '(&(uid=%(user)s)',
  ])('takes %j for no such filter', (text) => {
    expect(parseLoginFilter(text)).toBeUndefined();
  });

  it('keeps its shape whatever the name is', () => {
    const filter = parseLoginFilter('(&(objectClass=person)(uid=%(user)s))');
    const is = (attribute: string, value: string) => new EqualityFilter({ attribute, value });
    fc.assert(
      fc.property(hostile, (name) => {
        const filters = [is('objectClass', 'person'), is('uid', name)];
        expect(filter?.forName(name)).toEqual(new AndFilter({ filters }));
      }),
      { examples: [['$&'], ["$'"], ['$`'], ['%(user)s']] },
    );
  });

  it('reads escaped bytes of the operator as UTF-8', () => {
    expect(parseFilter('(cn=Lu\\c4\\8di\\c4\\87)')).toEqual(
      new EqualityFilter({ attribute: 'cn', value: 'Lučić' }),
    );
  });
});

describe('parseLoginDn', () => {
  it('puts a name into the first part only', () => {
    const template = parseLoginDn('uid=%(user)s,ou=people,dc=example,dc=org');
    expect(template?.forName('a,b')).toBe('uid=a\\2cb,ou=people,dc=example,dc=org');
    expect(template?.base).toBe('ou=people,dc=example,dc=org');
  });

  it.each([
    'uid=%(user)s',
    '%(user)s@example.org',
    'EXAMPLE\\%(user)s',
    'uid=x%(user)s,dc=org',
    'uid=a,ou=%(user)s,dc=org',
    'uid=%(user)s,ou=%(user)s,dc=org',
    'uid=%(user)s,people',
  ])('takes %j for no such name', (text) => {
    expect(parseLoginDn(text)).toBeUndefined();
  });
});
