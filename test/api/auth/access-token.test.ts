import { pbkdf2Sync } from 'node:crypto';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { DAY, HOUR, SECOND } from '../../../src/kernel/clock.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import {
  type AccessTokenRow,
  insertAccessToken,
  readAccessToken,
  revokeAccessToken,
  setActive,
} from '../../support/rows.js';

let person: TestAccount;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
});

let counter = 0;
const SECRET = 'n9F1KTezy5EiehTHELxM5NZJeXgv7qTQ';
function makeKey(): string {
  counter += 1;
  return `key${String(counter).padStart(5, '0')}.${SECRET}`;
}
const whoIs = (key: string) => app.send('/api/users/self', { headers: { Authorization: `Bearer ${key}` } });
const ago = (milliseconds: number) => new Date(app.clock.now() - milliseconds);

/** @returns the key of a new token of the person */
async function give(row: Partial<AccessTokenRow> = {}): Promise<{ key: string; id: number }> {
  const key = row.key ?? makeKey();
  return { key, id: await insertAccessToken(app.db, { ownerId: person.id, key, ...row }) };
}

/** Django's `make_password` with PBKDF2: what older rows hold instead of SHA-512. */
const legacyHash = (key: string) =>
  `pbkdf2_sha256$1000$seasalt$${pbkdf2Sync(key, 'seasalt', 1000, 32, 'sha256').toString('base64')}`;

describe('Authorization: Bearer', () => {
  it('takes a usable access token for its owner', async () => {
    const { key } = await give();
    const answer = await whoIs(key);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id: person.id });
    expect(answer.setCookies).toEqual([]);
  });

  it('stores the SHA-512 of the whole key, as the library does', async () => {
    const { id } = await give({ key: `j93Gtscg.${SECRET}` });
    expect((await readAccessToken(app.db, id)).hashedKey).toBe(
      'sha512$$aa9b23e72d9750d25195c3dbd8fd1f61e4a45db13a5f0aad95e82597cedc488a098ca9c4cbba075e6184b6c6f23658ac4c582e8c12b3e90d3a6b1794d64e99e8',
    );
    expect((await whoIs(`j93Gtscg.${SECRET}`)).status).toBe(200);
  });

  it.each(['bearer', 'BEARER', 'bEaReR'])('takes the keyword %s', async (keyword) => {
    const { key } = await give();
    expect(
      (await app.send('/api/users/self', { headers: { Authorization: `${keyword} ${key}` } })).status,
    ).toBe(200);
  });

  it.each([
    ['expires in a moment', () => ({ expires: ago(-HOUR) })],
    [
      'was used just within the stale period',
      () => ({ created: ago(400 * DAY), lastUsed: ago(180 * DAY - HOUR) }),
    ],
    ['was made within the stale period and never used', () => ({ created: ago(180 * DAY - HOUR) })],
  ])('takes a token that %s', async (_what, row) => {
    expect((await whoIs((await give(row())).key)).status).toBe(200);
  });

  it.each([
    ['is revoked', () => ({ revoked: true })],
    ['has expired', () => ({ expires: ago(SECOND) })],
    [
      'was not used for the stale period',
      () => ({ created: ago(400 * DAY), lastUsed: ago(180 * DAY + HOUR) }),
    ],
    ['was never used and is older than the stale period', () => ({ created: ago(180 * DAY + HOUR) })],
  ])('answers 401 to a token that %s', async (_what, row) => {
    const answer = await whoIs((await give(row())).key);
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Invalid token.' });
    expect(answer.headers['www-authenticate']).toBe('Token');
  });

  it('refuses at once what was revoked a moment ago', async () => {
    const { key, id } = await give();
    expect((await whoIs(key)).status).toBe(200);
    await revokeAccessToken(app.db, id);
    expect((await whoIs(key)).status).toBe(401);
  });

  it('answers 401 to the token of an inactive account', async () => {
    const other = await app.register();
    const { key } = await give({ ownerId: other.id });
    await setActive(app.db, other.id, false);
    expect((await whoIs(key)).json()).toEqual({ detail: 'User inactive or deleted.' });
  });

  it.each([
    ['another secret', (key: string) => `${key.slice(0, -1)}x`],
    ['another case', (key: string) => key.toUpperCase()],
    ['the prefix alone', (key: string) => key.slice(0, 8)],
    ['the prefix and a dot', (key: string) => key.slice(0, 9)],
    ['no dot', (key: string) => key.replace('.', '')],
    ['a second dot', (key: string) => `${key}.${SECRET}`],
    ['an empty prefix', () => `.${SECRET}`],
    ['a pattern for a prefix', () => `________.${SECRET}`],
    ['UTF-8 beyond ASCII', () => '\xc3\xa9.\xc3\xa9'],
    ['a very long prefix', () => `${'a'.repeat(5000)}.a`],
  ])('answers 401 to %s', async (_what, change) => {
    const { key } = await give();
    const answer = await whoIs(change(key));
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Invalid token.' });
  });

  it('answers the same to a wrong secret of a known prefix as to a prefix that nobody has', async () => {
    const { key } = await give();
    const known = await whoIs(`${key.slice(0, -1)}x`);
    const unknown = await whoIs(`nobodys1.${SECRET}`);
    const shown = ({ status, text, headers }: typeof known) => {
      const { date, 'x-request-id': id, ...rest } = headers;
      expect([date, id]).toEqual([expect.any(String), expect.any(String)]);
      return { status, text, rest };
    };
    expect(shown(known)).toEqual(shown(unknown));
  });

  it.each([
    ['Bearer', 'Invalid token header. No credentials provided.'],
    ['Bearer a b', 'Invalid token header. Token string should not contain spaces.'],
    ['Bearer \xff', 'Invalid token header. Token string should not contain invalid characters.'],
  ])('answers 401 to the malformed header %j', async (header, detail) => {
    const answer = await app.send('/api/users/self', { headers: { Authorization: header } });
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail });
  });

  it('does not authenticate by what the table holds', async () => {
    const { key, id } = await give();
    const { hashedKey } = await readAccessToken(app.db, id);
    expect((await whoIs(`${key.slice(0, 8)}.${hashedKey}`)).status).toBe(401);
    expect((await whoIs(hashedKey)).status).toBe(401);
  });

  it.each(['token', 'access_token', 'bearer'])('is never read from the query parameter %s', async (name) => {
    const { key } = await give();
    const answer = await app.send(`/api/users/self?${name}=${key}`);
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({ detail: 'Authentication credentials were not provided.' });
  });

  it('is never read from the body', async () => {
    const { key } = await give();
    const body = { access_token: key, token: key };
    expect((await app.send('/api/auth/password/change', { method: 'POST', body })).status).toBe(401);
    const form = {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: `access_token=${key}`,
    };
    expect((await app.send('/api/auth/password/change', form)).status).toBe(401);
  });

  it('does not open the password change', async () => {
    const { key } = await give();
    const answer = await app.send('/api/auth/password/change', {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}` },
      body: {
        old_password: person.password,
        new_password1: 'Otter-17-gluons',
        new_password2: 'Otter-17-gluons',
      },
    });
    expect(answer.status).toBe(401);
    expect((await app.send('/api/users/self', { headers: person.basic })).status).toBe(200);
  });

  it('reads with a read-only token', async () => {
    const { key } = await give({ readOnly: true });
    expect((await whoIs(key)).status).toBe(200);
    expect(
      (await app.send('/api/server/plugins', { headers: { Authorization: `Bearer ${key}` } })).status,
    ).toBe(200);
  });
});

describe('a read-only access token', () => {
  it('makes, changes and removes nothing, where one that is not read-only does', async () => {
    const [reader, writer] = [await give({ readOnly: true }), await give()];
    const send = (method: string, path: string, key: string, body?: object) =>
      app.send(path, { method, headers: { Authorization: `Bearer ${key}` }, ...(body && { body }) });

    const refused = await send('POST', '/api/organizations', reader.key, { slug: 'readonly' });
    expect(refused.status).toBe(403);
    expect(refused.json()).toEqual({ detail: 'You do not have permission to perform this action.' });
    const made = await send('POST', '/api/organizations', writer.key, { slug: 'written' });
    expect(made.status).toBe(201);

    const path = `/api/organizations/${(made.json() as { id: number }).id}`;
    expect((await send('GET', path, reader.key)).status).toBe(200);
    expect((await send('PATCH', path, reader.key, { name: 'mine' })).status).toBe(403);
    expect((await send('DELETE', path, reader.key)).status).toBe(403);
    expect((await send('PATCH', path, writer.key, { name: 'mine' })).status).toBe(200);
    expect((await send('DELETE', path, writer.key)).status).toBe(204);
  });
});

describe('the hash of an older access token', () => {
  it('authenticates and is replaced by the current form', async () => {
    const key = makeKey();
    const { id } = await give({ key, hashedKey: legacyHash(key) });
    expect((await whoIs(key)).status).toBe(200);
    await vi.waitFor(
      async () => expect((await readAccessToken(app.db, id)).hashedKey).toMatch(/^sha512\$\$[0-9a-f]{128}$/),
      10_000,
    );
    expect((await whoIs(key)).status).toBe(200);
  });

  it('stays when the key is wrong', async () => {
    const key = makeKey();
    const hashedKey = legacyHash(key);
    const { id } = await give({ key, hashedKey });
    expect((await whoIs(`${key.slice(0, -1)}x`)).status).toBe(401);
    expect((await readAccessToken(app.db, id)).hashedKey).toBe(hashedKey);
  });

  it.each(['', '!', 'sha512$$', 'unknown$1$2$3', 'pbkdf2_sha256$nonsense'])(
    'refuses everybody when it is %j',
    async (hashedKey) => {
      const { key } = await give({ hashedKey });
      expect((await whoIs(key)).status).toBe(401);
    },
  );
});

describe('the last use of an access token', () => {
  it('is noted at most every two hours, and never as a change of the token', async () => {
    const { key, id } = await give();
    const before = await readAccessToken(app.db, id);
    const lastUse = async () => (await readAccessToken(app.db, id)).lastUsed;

    await whoIs(key);
    const first = await vi.waitFor(async () => {
      const noted = await lastUse();
      expect(noted).not.toBeNull();
      return noted;
    }, 10_000);

    app.clock.advance(2 * HOUR - 60 * SECOND);
    await whoIs(key);
    expect(await lastUse()).toBe(first);

    app.clock.advance(60 * SECOND);
    await whoIs(key);
    await vi.waitFor(async () => expect(await lastUse()).not.toBe(first), 10_000);
    expect((await readAccessToken(app.db, id)).updated).toBe(before.updated);
  });

  it('is not noted for a wrong key', async () => {
    const { key, id } = await give();
    await whoIs(`${key.slice(0, -1)}x`);
    expect((await readAccessToken(app.db, id)).lastUsed).toBeNull();
  });
});
