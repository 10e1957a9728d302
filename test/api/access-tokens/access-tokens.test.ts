import { beforeEach, describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../../src/kernel/clock.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth, tallyOf } from '../../support/http.js';
import { activateMembership, insertMembership, insertOrganization } from '../../support/organization-rows.js';
import { type AccessTokenRow, accessTokenIds, insertAccessToken } from '../../support/rows.js';

const COLLECTION = '/api/auth/access_tokens';
const LIMIT = 5;
/** Seconds without use after which a token is stale, and for which it then is kept. */
const [STALE, KEPT] = [1000, 100];

interface Created {
  readonly id: number;
  readonly value: string;
}

let owner: TestAccount;
const app = useTestApp({
  env: {
    CVAT_MAX_ACCESS_TOKENS_PER_USER: String(LIMIT),
    CVAT_ACCESS_TOKEN_STALE_PERIOD: String(STALE),
    CVAT_ACCESS_TOKEN_UNUSABLE_TOKEN_TTL: String(KEPT),
    CVAT_ACCESS_TOKEN_LAST_USE_UPDATE_MIN_INTERVAL: '0',
    // Many who wait for one row on a busy machine are not refused for that.
    DATABASE_TIMEOUT: '60',
  },
});
beforeEach(async () => {
  owner = await app.register();
});

const create = (body: object, account = owner) =>
  app.send(COLLECTION, { method: 'POST', headers: account.authorization, body });
const created = async (body: object, account = owner): Promise<Created> => {
  const answer = await create(body, account);
  expect(answer.status).toBe(201);
  return answer.json() as Created;
};
const bearer = (value: string) => ({ Authorization: `Bearer ${value}` });
const admin = () => ({ Authorization: basicAuth(app.admin.username, app.admin.password) });

describe('POST /api/auth/access_tokens', () => {
  it('shows the value once, in a form that scanners know, with the keys of CVAT and no others', async () => {
    const answer = await create({ name: 'mine' });
    expect(answer.status).toBe(201);
    const token = answer.json() as Record<string, unknown>;
    expect(Object.keys(token)).toEqual([
      'id',
      'name',
      'created_date',
      'updated_date',
      'expiry_date',
      'last_used_date',
      'read_only',
      'owner',
      'value',
    ]);
    expect(token).toMatchObject({
      name: 'mine',
      expiry_date: null,
      last_used_date: null,
      read_only: true,
    });
    expect(token['value']).toMatch(/^cva[A-Za-z0-9]{5}\.[A-Za-z0-9]{32}$/);
    const detail = await app.send(`${COLLECTION}/${String(token['id'])}`, { headers: owner.authorization });
    expect(detail.text).not.toContain('value');
    expect(detail.text).not.toContain('sha512');
  });

  it('takes an expiry in the past, and the token is gone at once', async () => {
    const { id, value } = await created({ name: 'old', expiry_date: '1969-01-01T00:00:00Z' });
    expect((await app.send(`${COLLECTION}/${id}`, { headers: owner.authorization })).status).toBe(404);
    expect((await app.send('/api/users/self', { headers: bearer(value) })).json()).toEqual({
      detail: 'Invalid token.',
    });
  });

  it.each([
    [{}, { name: ['This field is required.'] }],
    [{ name: ' ' }, { name: ['This field may not be blank.'] }],
    [{ name: 'x'.repeat(51) }, { name: ['Ensure this field has no more than 50 characters.'] }],
    [{ name: 'a', read_only: 'perhaps' }, { read_only: ['Must be a valid boolean.'] }],
    [
      { name: 'a', organization: 2_000_000_000 },
      { organization: ['Invalid pk "2000000000" - object does not exist.'] },
    ],
    [
      { name: 'a', organization: -3_000_000_000 },
      { organization: ['Invalid pk "-3000000000" - object does not exist.'] },
    ],
    [{ name: 'a', organization: 'acme' }, { organization: ['A valid integer is required.'] }],
  ])('refuses %j', async (body, errors) => {
    const answer = await create(body);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual(errors);
  });

  it('binds a token to an organization of which the owner is an active member, and to no other', async () => {
    const founder = await app.register();
    const organization = await insertOrganization(app.db, `bind${owner.id}`, founder.id);
    const missing = { organization: [`Invalid pk "${organization}" - object does not exist.`] };
    const bound = { name: 'a', organization };
    expect((await create(bound)).json()).toEqual(missing);
    const member = { organizationId: organization, userId: owner.id, role: 'worker' };
    const membership = await insertMembership(app.db, { ...member, isActive: false });
    expect((await create(bound)).json()).toEqual(missing);
    await activateMembership(app.db, membership);
    const { value } = await created(bound);
    expect((await created(bound, founder)).value).not.toBe(value);
    const status = async (context: string) =>
      (await app.send(`/api/users/self${context}`, { headers: bearer(value) })).status;
    expect(await status(`?org=bind${owner.id}`)).toBe(200);
    expect(await status('')).toBe(403);
  });

  it('refuses a wrong expiry with the spellings it would take', async () => {
    const answer = await create({ name: 'a', expiry_date: 'tomorrow' });
    expect(answer.text).toContain(
      'Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]]',
    );
  });

  it('keeps to the limit exactly when many are made at once', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => create({ name: `n${n}` })));
    expect(tallyOf(answers)).toEqual({ 201: LIMIT, 400: 60 - LIMIT });
    const refusals = answers.filter(({ status }) => status === 400).map(({ text }) => text);
    expect([...new Set(refusals)]).toEqual([
      '["You have reached the maximum allowed number of Personal Access Tokens for a user"]',
    ]);
  });

  it('is not for anonymous callers', async () => {
    expect((await app.send(COLLECTION, { method: 'POST', body: { name: 'a' } })).status).toBe(401);
  });
});

describe('GET /api/auth/access_tokens', () => {
  it("lists one's own usable tokens, newest first, also for an administrator", async () => {
    const first = await created({ name: 'first' });
    const second = await created({ name: 'second' });
    const gone = await created({ name: 'gone' });
    await app.send(`${COLLECTION}/${gone.id}`, { method: 'DELETE', headers: owner.authorization });
    const page = (await app.send(COLLECTION, { headers: owner.authorization })).json() as {
      count: number;
      results: Created[];
    };
    expect(page.count).toBe(2);
    expect(page.results.map(({ id }) => id)).toEqual([second.id, first.id]);
    expect((await app.send(COLLECTION, { headers: admin() })).json()).toMatchObject({ count: 0 });
  });

  it('filters, sorts and searches by the names of the contract', async () => {
    await created({ name: 'alpha' });
    await created({ name: 'beta' });
    const ask = async (query: string) => {
      const answer = await app.send(`${COLLECTION}?${query}`, { headers: owner.authorization });
      return (answer.json() as { results: { name: string }[] }).results.map(({ name }) => name);
    };
    expect(await ask('name=alpha')).toEqual(['alpha']);
    expect(await ask('search=ET')).toEqual(['beta']);
    expect(await ask('sort=name')).toEqual(['alpha', 'beta']);
    expect(await ask(`filter=${encodeURIComponent('{"==":[{"var":"name"},"beta"]}')}`)).toEqual(['beta']);
    const hidden = await app.send(
      `${COLLECTION}?filter=${encodeURIComponent('{"==":[{"var":"hashed_key"},"x"]}')}`,
      {
        headers: owner.authorization,
      },
    );
    expect(hidden.status).toBe(400);
  });
});

describe('GET /api/auth/access_tokens/{id}', () => {
  it('is for the owner and for administrators', async () => {
    const { id } = await created({ name: 'mine' });
    const stranger = await app.register();
    const status = async (headers: Record<string, string>) =>
      (await app.send(`${COLLECTION}/${id}`, { headers })).status;
    expect(await status(owner.authorization)).toBe(200);
    expect(await status(stranger.authorization)).toBe(403);
    expect(await status(admin())).toBe(200);
  });

  it.each([
    ['999999', 'No AccessToken matches the given query.'],
    ['99999999999', 'No AccessToken matches the given query.'],
    ['abc', 'Not found.'],
  ])('does not know %s', async (id, detail) => {
    const answer = await app.send(`${COLLECTION}/${id}`, { headers: owner.authorization });
    expect(answer.status).toBe(404);
    expect(answer.json()).toEqual({ detail });
  });
});

describe('PATCH and DELETE /api/auth/access_tokens/{id}', () => {
  it('changes what is named and nothing else', async () => {
    const { id, value } = await created({ name: 'before' });
    const patch = { name: 'after', read_only: false, value: 'x', owner: 1, revoked: true };
    const answer = await app.send(`${COLLECTION}/${id}`, {
      method: 'PATCH',
      headers: owner.authorization,
      body: patch,
    });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id, name: 'after', read_only: false, owner: { id: owner.id } });
    expect(answer.text).not.toContain('"value"');
    expect((await app.send('/api/users/self', { headers: bearer(value) })).status).toBe(200);
  });

  it('takes the expiry away with null', async () => {
    const { id } = await created({ name: 'a', expiry_date: '2999-01-01T00:00:00.5Z' });
    const answer = await app.send(`${COLLECTION}/${id}`, {
      method: 'PATCH',
      headers: owner.authorization,
      body: { expiry_date: null },
    });
    expect(answer.json()).toMatchObject({ expiry_date: null });
  });

  it('revokes for good, with the next request', async () => {
    const { id, value } = await created({ name: 'a' });
    expect((await app.send('/api/users/self', { headers: bearer(value) })).status).toBe(200);
    const answer = await app.send(`${COLLECTION}/${id}`, { method: 'DELETE', headers: owner.authorization });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await app.send('/api/users/self', { headers: bearer(value) })).status).toBe(401);
    expect(
      (await app.send(`${COLLECTION}/${id}`, { method: 'DELETE', headers: owner.authorization })).status,
    ).toBe(404);
  });

  it('brings no token back that has expired', async () => {
    const { id, value } = await created({ name: 'a', expiry_date: '1969-01-01T00:00:00Z' });
    const body = { expiry_date: null };
    const path = `${COLLECTION}/${id}`;
    const answer = await app.send(path, { method: 'PATCH', headers: owner.authorization, body });
    expect(answer.status).toBe(404);
    expect((await app.send('/api/users/self', { headers: bearer(value) })).status).toBe(401);
  });
});

describe('GET /api/auth/access_tokens/self', () => {
  it('answers the token itself', async () => {
    const { id, value } = await created({ name: 'me' });
    const answer = await app.send(`${COLLECTION}/self`, { headers: bearer(value) });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ id, name: 'me' });
  });

  it('answers nobody else, with the challenge of a token', async () => {
    for (const headers of [owner.authorization, owner.basic, {}]) {
      const answer = await app.send(`${COLLECTION}/self`, { headers });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });
});

describe('a personal access token', () => {
  const tries = (kind: string, method: string, path: string, body: object | undefined, status: number) =>
    ({ kind, method, path, body, status }) as const;
  it.each([
    tries('read-only', 'GET', '/api/users/self', undefined, 200),
    tries('read-only', 'GET', '/api/server/plugins', undefined, 200),
    tries('read-only', 'GET', COLLECTION, undefined, 200),
    tries('read-only', 'POST', COLLECTION, { name: 'child' }, 403),
    tries('writing', 'POST', COLLECTION, { name: 'child' }, 403),
    tries(
      'writing',
      'POST',
      '/api/auth/password/change',
      { old_password: 'a', new_password1: 'b', new_password2: 'b' },
      401,
    ),
    tries('writing', 'POST', '/api/auth/email/change', { password: 'a', email: 'a@example.org' }, 401),
  ])('that is $kind gets $status for $method $path', async ({ kind, method, path, body, status }) => {
    const { value } = await created({ name: 'a', read_only: kind === 'read-only' });
    const answer = await app.send(path, {
      method,
      headers: bearer(value),
      ...(body === undefined ? {} : { body }),
    });
    expect(answer.status).toBe(status);
  });

  it('outlives a changed password of its owner', async () => {
    const { value } = await created({ name: 'a' });
    const password = 'Otter-17-gluons';
    const body = { old_password: owner.password, new_password1: password, new_password2: password };
    const change = { method: 'POST', headers: owner.basic, body };
    expect((await app.send('/api/auth/password/change', change)).status).toBe(200);
    expect((await app.send('/api/users/self', { headers: owner.basic })).status).toBe(401);
    expect((await app.send('/api/users/self', { headers: bearer(value) })).status).toBe(200);
  });

  it('that is read-only does not delete the API token by logging out', async () => {
    const { value } = await created({ name: 'a' });
    await app.send('/api/auth/logout', { method: 'POST', headers: bearer(value) });
    expect((await app.send('/api/users/self', { headers: owner.authorization })).status).toBe(200);
  });

  it('cannot touch tokens, its own neither', async () => {
    const { id, value } = await created({ name: 'a', read_only: false });
    const url = `${COLLECTION}/${id}`;
    expect((await app.send(url, { headers: bearer(value) })).status).toBe(200);
    expect(
      (await app.send(url, { method: 'PATCH', headers: bearer(value), body: { name: 'b' } })).status,
    ).toBe(403);
    expect((await app.send(url, { method: 'DELETE', headers: bearer(value) })).status).toBe(403);
  });

  it('expires, and goes stale, to the second', async () => {
    const inTen = new Date(app.clock.now() + 10 * SECOND).toISOString();
    const expiring = await created({ name: 'expiring', expiry_date: inTen });
    const stale = await created({ name: 'stale' });
    const status = async (value: string) =>
      (await app.send('/api/server/plugins', { headers: bearer(value) })).status;
    app.clock.advance(8 * SECOND);
    expect(await status(expiring.value)).toBe(200);
    app.clock.advance(3 * SECOND);
    expect(await status(expiring.value)).toBe(401);
    app.clock.advance(980 * SECOND);
    expect(await status(stale.value)).toBe(200);
    app.clock.advance(1005 * SECOND);
    expect(await status(stale.value)).toBe(401);
  });

  it('tells its owner and administrators from where it was used, and nobody else', async () => {
    const { id, value } = await created({ name: 'a' });
    const see = (headers: Record<string, string>) =>
      app.send(`${COLLECTION}/${id}?include=last_used_ip`, { headers });
    await app.send('/api/users/self', { headers: { ...bearer(value), 'X-Forwarded-For': '203.0.113.7' } });
    const used = { last_used_ip: '203.0.113.7', last_used_date: expect.stringMatching(/Z$/) as string };
    await expect.poll(async () => (await see(owner.authorization)).json()).toMatchObject(used);
    expect((await see(admin())).json()).toMatchObject(used);
    const list = await app.send(`${COLLECTION}?include=last_used_ip`, { headers: owner.authorization });
    expect(list.json()).toMatchObject({ results: [used] });
    for (const plain of ['', '?include=value', '?include=']) {
      const answer = await app.send(`${COLLECTION}/${id}${plain}`, { headers: owner.authorization });
      expect(answer.text).not.toContain('last_used_ip');
    }

    const stranger = await app.register();
    const colleague = await app.register();
    const organizationId = await insertOrganization(app.db, `seen${owner.id}`, colleague.id);
    await insertMembership(app.db, { organizationId, userId: owner.id, role: 'worker' });
    for (const { authorization } of [stranger, colleague]) {
      for (const path of [
        `${COLLECTION}/${id}?include=last_used_ip&org=seen${owner.id}`,
        `${COLLECTION}/${id}?include=last_used_ip`,
        `${COLLECTION}?include=last_used_ip`,
        `/api/users/${owner.id}`,
      ])
        expect((await app.send(path, { headers: authorization })).text).not.toContain('203.0.113.7');
    }
  });
});

describe('the clean-up', () => {
  const ago = (seconds: number) => new Date(app.clock.now() - seconds * SECOND);
  let keys = 0;
  const insert = (row: Partial<AccessTokenRow>) => {
    const key = `clean${String((keys += 1)).padStart(3, '0')}.${'c'.repeat(32)}`;
    return insertAccessToken(app.db, { ownerId: owner.id, key, created: ago(0), ...row });
  };

  it.each<[string, (since: number) => Partial<AccessTokenRow>]>([
    ['was revoked', (since) => ({ revoked: true, created: ago(since) })],
    ['expired', (since) => ({ expires: ago(since) })],
    [
      'expired, and was used to its last second',
      (since) => ({ created: ago(5000), lastUsed: ago(since), expires: ago(since) }),
    ],
    ['became stale without a use', (since) => ({ created: ago(STALE + since) })],
    ['became stale since its use', (since) => ({ created: ago(5000), lastUsed: ago(STALE + since) })],
  ])('keeps a token that %s as long as it should, and no second longer', async (_what, row) => {
    app.clock.stop();
    try {
      const kept = [await insert(row(0)), await insert(row(KEPT))];
      const gone = [await insert(row(KEPT + 1)), await insert(row(10 * KEPT))];
      await app.container.runMaintenance();
      const left = await accessTokenIds(app.db);
      expect([...kept, ...gone].filter((id) => left.includes(id))).toEqual(kept);
    } finally {
      app.clock.go();
    }
  });

  it('deletes what has been unusable for long enough, and only that', async () => {
    const revoked = await created({ name: 'revoked' });
    const alive = await created({ name: 'alive' });
    await app.send(`${COLLECTION}/${revoked.id}`, { method: 'DELETE', headers: owner.authorization });
    const rows = () => accessTokenIds(app.db);
    await app.container.runMaintenance();
    expect(await rows()).toContain(revoked.id);
    app.clock.advance(101 * SECOND);
    await app.container.runMaintenance();
    expect(await rows()).not.toContain(revoked.id);
    expect(await rows()).toContain(alive.id);
    app.clock.advance(DAY);
    await app.container.runMaintenance();
    expect(await rows()).not.toContain(alive.id);
  });
});
