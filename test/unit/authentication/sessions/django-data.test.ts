import { readFileSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  decodeDjangoData,
  encodeDjangoData,
  LONGEST_ENCODED,
} from '../../../../src/authentication/sessions/django-data.js';
import {
  readDjangoRecord,
  writeDjangoRecord,
} from '../../../../src/authentication/sessions/django-record.js';
import { membersOf } from '../../../../src/authentication/sessions/json-members.js';
import { PENDING, type StoredSession } from '../../../../src/authentication/sessions/store.js';
import { signText } from '../../../../src/authentication/signing.js';

/** Sessions as Django 4.2 and 5.2 write them: see test/support/cvat-server/session-vectors.py. */

interface Vectors {
  readonly releases: readonly {
    readonly django: string;
    readonly secretKey: string;
    readonly read: readonly { readonly name: string; readonly json: string; readonly encoded: string }[];
    readonly refused: Readonly<Record<string, string>>;
  }[];
}

const { releases } = JSON.parse(
  readFileSync(new URL('django-vectors.json', import.meta.url), 'utf8'),
) as Vectors;
const NOW = 1_700_000_000_000;
const SALT = 'django.contrib.sessions.SessionStore';

/** @returns the JSON of members, which are text already */
const textOf = (members: ReadonlyMap<string, string> | undefined): string =>
  `{${[...(members ?? [])].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;

const contentOf = (encoded: string): string => {
  const [payload = ''] = encoded.split(':');
  const bytes = Buffer.from(payload.replace(/^\./, ''), 'base64url');
  return (payload.startsWith('.') ? inflateSync(bytes) : bytes).toString('latin1');
};

describe.each(releases)('a session of Django $django', ({ secretKey, read, refused }) => {
  it('is signed with a key of fifty characters, as CVAT has one', () => {
    expect(secretKey).toHaveLength(50);
  });

  it.each(read)('is read as it was written: $name', ({ json, encoded }) => {
    expect(textOf(decodeDjangoData(encoded, secretKey))).toBe(json);
  });

  it.each(read)('is written as Django writes it, but for the compression: $name', ({ json, encoded }) => {
    const written = encodeDjangoData(membersOf(json) ?? new Map(), secretKey, NOW);
    expect(contentOf(written)).toBe(json);
    // Each zlib makes other bytes of one text.
    if (encoded.startsWith('.')) expect(written.startsWith('.')).toBe(true);
    else expect(written).toBe(encoded);
  });

  it.each(Object.entries(refused))('is none if it is %s', (_name, encoded) => {
    expect(decodeDjangoData(encoded, secretKey)).toBeUndefined();
  });
});

describe('a session in Django’s table', () => {
  const secretKey = releases[0]?.secretKey ?? '';
  const encoded = encodeDjangoData(membersOf('{"a":1}') ?? new Map(), secretKey, NOW);

  it.each([
    ['nothing', ''],
    ['colons', ':::::'],
    ['a format of Django before 3.1', 'YWJjOnsiX2F1dGhfdXNlcl9pZCI6IjcifQ=='],
    ['another signature', `${encoded.slice(0, -1)}${encoded.endsWith('A') ? 'B' : 'A'}`],
    ['no time', signText('e30', SALT, secretKey, NOW).replace(/:[^:]+:/, '::')],
    ['an unsigned payload', encoded.split(':')[0] ?? ''],
    ['more than any session', 'a'.repeat(LONGEST_ENCODED + 1)],
  ])('is none with %s', (_what, text) => {
    expect(decodeDjangoData(text, secretKey)).toBeUndefined();
  });

  it('may hold as much as a megabyte, and no more when it is decompressed', () => {
    const sized = (size: number): string =>
      signText(
        `.${deflateSync(`{"a":"${' '.repeat(size - 8)}"}`).toString('base64url')}`,
        SALT,
        secretKey,
        NOW,
      );
    expect(decodeDjangoData(sized(2 ** 20), secretKey)?.get('a')).toHaveLength(2 ** 20 - 6);
    expect(decodeDjangoData(sized(2 ** 20 + 1), secretKey)).toBeUndefined();
  });
});

describe('the members of a JSON object', () => {
  it.each([
    ['{}', '{}'],
    [' { "a" : 1 , "b":[1, {"c":"},"}] } ', '{"a":1,"b":[1, {"c":"},"}]}'],
    ['{"a":"\\\\","b":"\\""}', '{"a":"\\\\","b":"\\""}'],
    ['{"a":1,"a":2}', '{"a":2}'],
  ])('of %s are texts', (json, members) => {
    expect(textOf(membersOf(json))).toBe(members);
  });

  it.each([
    '',
    '[]',
    '7',
    '{',
    '{"a"',
    '{"a":',
    '{"a":}',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    '{"a" 1}',
    '{"a":1}}',
    '{"a":1} x',
    '{"a":"',
    '{"a":[1}',
    '{"\\x":1}',
    '{,}',
  ])('are none in %s', (json) => {
    expect(membersOf(json)).toBeUndefined();
  });
});

describe('what a session of Django says', () => {
  const HASH = 'a'.repeat(64);
  const read = (json: string) => readDjangoRecord(membersOf(json) ?? new Map(), 5);
  const login = (more = '', id = '"7"') =>
    `{"_auth_user_id":${id},"_auth_user_backend":"x","_auth_user_hash":"${HASH}"${more}}`;

  it('is whose it is, and nothing that only this server writes', () => {
    expect(read(login())).toEqual({
      userId: 7,
      authHash: HASH,
      startedAt: null,
      factorAt: null,
      client: null,
      shared: { hash: HASH, isOurs: false, firstSeenAt: 5, hasOwnEnd: false },
    });
  });

  it('is that nobody signed in', () => {
    expect(read('{}')).toBe(PENDING);
    expect(read('{"account_verified_email":null}')).toBe(PENDING);
  });

  it('is nothing to rely on without a hash, a backend, or an id', () => {
    expect(read(`{"_auth_user_id":"7","_auth_user_hash":"${HASH}"}`)).toBeUndefined();
    expect(read('{"_auth_user_id":"7","_auth_user_backend":"x"}')).toBeUndefined();
    for (const id of ['7', '"0"', '"07"', '"2147483648"', '"x"', 'null', 'NaN', '["7"]'])
      expect(read(login('', id))).toBeUndefined();
  });

  it('is as if Django had opened it when what this server added is damaged', () => {
    for (const own of ['7', 'null', '{}', '{"binding":7}', '{"binding":"b","factor_at":"now"}', 'NaN'])
      expect(read(login(`,"auth_server":${own}`))).toMatchObject({ shared: { isOurs: false } });
  });

  const SESSION: StoredSession = {
    userId: 7,
    authHash: 'b'.repeat(64),
    startedAt: 1,
    factorAt: 2,
    client: { address: '192.0.2.7', userAgent: 'curl/8.5.0' },
    shared: { hash: HASH, isOurs: true, firstSeenAt: 5, hasOwnEnd: true },
  };

  it('stays beside what this server writes, which it reads again', () => {
    const before = membersOf(login(',"large":123456789012345678901,"_session_expiry":60')) ?? new Map();
    const after = writeDjangoRecord(before, SESSION);
    expect(after.get('large')).toBe('123456789012345678901');
    expect(after.get('_auth_user_backend')).toBe('"x"');
    expect(readDjangoRecord(after, 5)).toEqual(SESSION);
  });

  it('names a backend that every CVAT has, unless the account’s own session named one', () => {
    const backend = '"django.contrib.auth.backends.ModelBackend"';
    expect(writeDjangoRecord(new Map(), SESSION).get('_auth_user_backend')).toBe(backend);
    const other = membersOf(login('', '"8"')) ?? new Map();
    expect(writeDjangoRecord(other, SESSION).get('_auth_user_backend')).toBe(backend);
  });

  it('is never written without the hash that Django compares', () => {
    const { shared: _, ...alone } = SESSION;
    expect(() => writeDjangoRecord(new Map(), alone)).toThrow(TypeError);
  });
});
