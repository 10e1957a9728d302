import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { workOf } from '../../support/work.js';

/** Text that no database column, header or regular expression of ours may choke on. */

let person: TestAccount;
const app = useTestApp({
  env: { LOGIN_FAILURES_PER_ADDRESS: 'none', LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: 'none' },
});
beforeAll(async () => {
  person = await app.register();
});

const NUL = 'Null characters are not allowed.';
const SURROGATE = 'Surrogate characters are not allowed: U+D800.';
const post = (path: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  app.send(path, { method: 'POST', headers, body });

const registration = (fields: object) => ({
  username: 'hostile-name',
  email: 'hostile@example.org',
  password1: 'Wiesel-42-quarks',
  password2: 'Wiesel-42-quarks',
  ...fields,
});

describe.each([
  ['NUL', 'abcde\0fgh', NUL],
  ['half a surrogate pair', 'abcde\ud800fgh', SURROGATE],
])('%s', (_what, text, message) => {
  it.each(['username', 'email', 'password1', 'password2', 'first_name', 'last_name'])(
    'is refused in %s of a registration',
    async (field) => {
      const answer = await post('/api/auth/register', registration({ [field]: text }));
      expect(answer.status).toBe(400);
      const errors = answer.json() as Record<string, string[]>;
      expect(errors[field]).toContain(message);
    },
  );

  it.each(['username', 'email', 'password'])('is refused in %s of a login', async (field) => {
    const answer = await post('/api/auth/login', {
      username: person.username,
      password: person.password,
      [field]: text,
    });
    expect(answer.status).toBe(400);
  });

  it.each(['old_password', 'new_password1', 'new_password2'])(
    'is refused in %s of a password change',
    async (field) => {
      const body = {
        old_password: person.password,
        new_password1: 'Otter-17-gluons',
        new_password2: 'Otter-17-gluons',
        [field]: text,
      };
      const answer = await post('/api/auth/password/change', body, person.authorization);
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ [field]: expect.arrayContaining([message]) });
    },
  );

  it('is refused in the address of a reset', async () => {
    expect((await post('/api/auth/password/reset', { email: `${text}@example.org` })).status).toBe(400);
  });

  it.each(['uid', 'token', 'new_password1'])('is refused in %s of a reset’s end', async (field) => {
    const body = {
      uid: '1',
      token: 'x-y',
      new_password1: 'Otter-17-gluons',
      new_password2: 'Otter-17-gluons',
      [field]: text,
    };
    expect((await post('/api/auth/password/reset/confirm', body)).status).toBe(400);
  });

  it.each(['slug', 'name', 'description'])('is refused in %s of an organization', async (field) => {
    const answer = await post('/api/organizations', { slug: 'hostile', [field]: text }, person.authorization);
    expect(answer.status).toBe(400);
  });

  it('is refused in the name of an access token', async () => {
    expect((await post('/api/auth/access_tokens', { name: text }, person.authorization)).status).toBe(400);
  });
});

describe('a query', () => {
  const LISTS = [
    '/api/users',
    '/api/organizations',
    '/api/memberships',
    '/api/invitations',
    '/api/auth/access_tokens',
  ];
  const VALUES = [
    '%00',
    'a%00b',
    '%ff',
    '%c0%af',
    '%ed%a0%80',
    '%F0%9F%90%A7',
    "'",
    '%22',
    '%5c',
    '%25',
    '[]',
    '{}',
    '__proto__',
    'a'.repeat(6000),
  ];

  it.each(LISTS)('of %s is never an error of ours, whatever its values are', async (path) => {
    for (const name of [
      'search',
      'filter',
      'sort',
      'page',
      'page_size',
      'org',
      'org_id',
      'name',
      'username',
      '__proto__',
    ]) {
      for (const value of VALUES) {
        const answer = await app.send(`${path}?${name}=${value}`, { headers: person.authorization });
        expect(answer.status, `${path}?${name}=${value.slice(0, 20)}`).toBeLessThan(500);
      }
    }
  });
});

describe('a header', () => {
  const HOSTILE = [
    '\xff',
    '\x80\x81',
    'é',
    '../../etc/passwd',
    '%{jndi:ldap://x}',
    '{{7*7}}',
    "' or 1=1 --",
    '%0d%0aSet-Cookie: a=b',
    'a'.repeat(6000),
  ];
  const NAMES = [
    'Authorization',
    'Cookie',
    'X-Organization',
    'X-CSRFToken',
    'Accept',
    'Accept-Encoding',
    'Accept-Language',
    'Content-Type',
    'Origin',
    'Referer',
    'If-None-Match',
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'User-Agent',
    'Range',
  ];

  it.each(NAMES)('%s is never an error of ours, and never comes back as a header', async (name) => {
    for (const value of HOSTILE) {
      for (const [method, path] of [
        ['GET', '/api/server/about'],
        ['GET', '/api/auth/rules'],
        ['POST', '/api/auth/login'],
      ] as const) {
        const answer = await app.send(path, {
          method,
          headers: { [name]: value },
          ...(method === 'POST' && { body: '{}' }),
        });
        expect(answer.status, `${name}: ${value.slice(0, 30)}`).toBeLessThan(500);
        expect(answer.setCookies.filter((line) => !line.startsWith('csrftoken='))).toEqual([]);
      }
    }
  });

  it.each(['sessionid', 'csrftoken', 'sessionfresh'])('Cookie may hold anything under %s', async (name) => {
    for (const value of [...HOSTILE, '=', ';', '"', '""', '"a', ' ', ',', '\t']) {
      const answer = await app.send('/api/users/self', { headers: { Cookie: `${name}=${value}` } });
      expect(answer.status).toBe(401);
    }
  });

  it('Cookie may hold hundreds of them', async () => {
    const cookie = Array.from({ length: 700 }, (_, i) => `c${i}=${i}`).join('; ');
    expect((await app.send('/api/users/self', { headers: { Cookie: cookie } })).status).toBe(401);
  });
});

describe('text made to be slow', () => {
  const LONG = 5000;
  const SLOW: readonly (readonly [what: string, attempt: () => Promise<unknown>])[] = [
    ['an e-mail address of dots', () => post('/api/auth/password/reset', { email: `${'a.'.repeat(LONG)}@` })],
    [
      'an e-mail address of quotes',
      () => post('/api/auth/password/reset', { email: `"${'\\a'.repeat(LONG)}@b.c` }),
    ],
    [
      'an e-mail domain of hyphens',
      () => post('/api/auth/password/reset', { email: `a@${'-'.repeat(LONG)}.com` }),
    ],
    [
      'a name of blanks',
      () => post('/api/auth/login', { username: `a${' '.repeat(100_000)}b`, password: 'x' }),
    ],
    [
      'a name of accents',
      () => post('/api/auth/register', registration({ username: 'e\u0301'.repeat(LONG) })),
    ],
    [
      'a password of one letter',
      () => post('/api/auth/register', registration({ password1: 'a'.repeat(100_000) })),
    ],
    ['an Accept of commas', () => app.send('/api/server/about', { headers: { Accept: ','.repeat(LONG) } })],
    [
      'an Accept of parameters',
      () => app.send('/api/server/about', { headers: { Accept: `*/*${';a=b'.repeat(LONG / 2)}` } }),
    ],
    ['a Cookie of semicolons', () => app.send('/api/users/self', { headers: { Cookie: ';='.repeat(LONG) } })],
    [
      'a Cookie of quotes',
      () => app.send('/api/users/self', { headers: { Cookie: `sessionid=${'"'.repeat(LONG)}` } }),
    ],
    [
      'an Authorization of blanks',
      () => app.send('/api/users/self', { headers: { Authorization: `Token${' \t'.repeat(LONG)}x` } }),
    ],
    [
      'an X-Forwarded-For of commas',
      () => app.send('/api/server/about', { headers: { 'X-Forwarded-For': ','.repeat(LONG) } }),
    ],
    [
      'a Content-Type of semicolons',
      () => post('/api/auth/login', '{}', { 'Content-Type': `application/json${';'.repeat(LONG)}` }),
    ],
    ['a Host of dots', () => app.send('/api/server/about', { headers: { Host: `${'a.'.repeat(LONG)}:` } })],
    [
      'an If-None-Match of commas',
      () => app.send('/api/auth/rules', { headers: { 'If-None-Match': ','.repeat(LONG) } }),
    ],
  ];

  it.each(SLOW)('such as %s is not', async (_what, attempt) => {
    await attempt();
    // A regular expression that backtracks takes minutes on these.
    expect(await workOf(attempt)).toBeLessThan(2000);
  });
});
