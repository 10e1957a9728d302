import { describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { useWorld } from '../../support/world.js';

/** Numbers of a body are kept as CVAT keeps them: a double would change digits and spellings. */

const app = useTestApp();
const world = useWorld(app);

let counter = 0;
const headers = { 'Content-Type': 'application/json' };
const send = (method: string, path: string, body: string) =>
  world.owner.send(method, path, body, { headers });
const createWith = (fields: string) =>
  send('POST', '/api/organizations', `{"slug":"n${(counter += 1)}",${fields}}`);
const contactOf = (text: string) => text.match(/"contact":(.*),"owner":/s)?.[1];

/** What is sent, what the answer to the write says, and what is read later: the database has no exponents. */
const NUMBERS: readonly (readonly [sent: string, answered: string, stored: string])[] = [
  ['1', '1', '1'],
  ['-0', '0', '0'],
  ['12345678901234567890', '12345678901234567890', '12345678901234567890'],
  ['-99999999999999999999', '-99999999999999999999', '-99999999999999999999'],
  ['9007199254740993', '9007199254740993', '9007199254740993'],
  ['1.0', '1.0', '1.0'],
  ['1.10', '1.1', '1.1'],
  ['0.1e1', '1.0', '1.0'],
  ['1e2', '100.0', '100.0'],
  ['1e22', '1e+22', '10000000000000000000000'],
  ['0.00001', '1e-05', '1e-05'],
  ['1e-400', '0.0', '0.0'],
  ['0.30000000000000004', '0.30000000000000004', '0.30000000000000004'],
];

describe('a number in the contact of an organization', () => {
  it.each(NUMBERS)('%s is kept', async (sent, answered, stored) => {
    for (const [around, expected] of [
      [(number: string) => number, (number: string) => number],
      [
        (number: string) => `{"a": [${number}, {"b": ${number}}]}`,
        (number: string) => `{"a":[${number},{"b":${number}}]}`,
      ],
    ] as const) {
      const made = await createWith(`"contact":${around(sent)}`);
      expect([made.status, contactOf(made.text)]).toEqual([201, expected(answered)]);
      const path = `/api/organizations/${(made.body as { id: number }).id}`;
      expect(contactOf((await world.owner.get(path)).text)).toBe(expected(stored));
      const changed = await send('PATCH', path, `{"contact":${around(sent)}}`);
      expect(contactOf(changed.text)).toBe(expected(answered));
      expect(contactOf((await send('PATCH', path, '{"name":"other"}')).text)).toBe(expected(stored));
      expect((await world.owner.get('/api/organizations?page_size=1')).text).toContain(
        `"contact":${expected(stored)},`,
      );
    }
  });

  it('is kept with indentation, beside text that escapes, under any key', async () => {
    const made = await createWith(String.raw`"contact":{"__proto__":{"a":1.0},"n":1e2,"t":"\u2028ü\"1.0"}`);
    expect(contactOf(made.text)).toBe(String.raw`{"__proto__":{"a":1.0},"n":100.0,"t":"\u2028ü\"1.0"}`);
    const { id } = made.body as { id: number };
    const indented = await world.owner.send('GET', `/api/organizations/${id}`, undefined, {
      headers: { Accept: 'application/vnd.cvat+json; indent=2' },
    });
    expect(indented.text).toContain('"contact": {\n    "n": 100.0,\n');
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  it('is the last one of several under one key', async () => {
    const made = await createWith('"contact":{"a":1.0,"a":12345678901234567890},"contact":{"b":1,"b":2.0}');
    expect(contactOf(made.text)).toBe('{"b":2.0}');
  });

  it.each(['1e999', '[-1e999]', '{"a":{"b":1e400}}'])('%s is no JSON', async (sent) => {
    const answer = await createWith(`"contact":${sent}`);
    expect([answer.status, answer.body]).toEqual([400, { contact: ['Value must be valid JSON.'] }]);
  });

  it('of 4301 digits is malformed, and one of 4300 is kept', async () => {
    const answer = await createWith(`"contact":${'9'.repeat(4301)}`);
    expect([answer.status, answer.body]).toEqual([
      400,
      { detail: expect.stringMatching(/^JSON parse error - Exceeds the limit \(4300 digits\)/) },
    ]);
    const digits = '9'.repeat(4300);
    expect(contactOf((await createWith(`"contact":${digits}`)).text)).toBe(digits);
  });
});

describe('a number in place of', () => {
  it.each([
    ['99999999999999999999', '99999999999999999999'],
    ['1.0', '1.0'],
    ['1e16', '1e+16'],
    ['1e-5', '1e-05'],
    ['1e999', 'inf'],
    ['-1e999', '-inf'],
    ['-0', '0'],
    ['0.0', '0.0'],
    ['1.5', '1.5'],
    ['0', '0'],
  ])('a text, %s, is the text of Python', async (sent, text) => {
    const made = await createWith(`"name":${sent},"description":${sent}`);
    expect(made.body).toMatchObject({ name: text, description: text });
  });

  it.each([
    ['1.0', true],
    ['0.0', false],
    ['-0.0', false],
    ['1e0', true],
    ['1', true],
  ])('a truth, %s, is one when it is 1 or 0', async (sent, read_only) => {
    const answer = await send('POST', '/api/auth/access_tokens', `{"name":"t","read_only":${sent}}`);
    expect([answer.status, answer.body]).toMatchObject([201, { read_only }]);
  });

  it.each(['1.5', '1e5', '99999999999999999999', '1e999'])('a truth, %s, is none', async (sent) => {
    const answer = await send('POST', '/api/auth/access_tokens', `{"name":"t","read_only":${sent}}`);
    expect([answer.status, answer.body]).toEqual([400, { read_only: ['Must be a valid boolean.'] }]);
  });

  it.each([
    ['1.0', '1.0'],
    ['12345678901234567890', '12345678901234567890'],
    ['1e999', 'inf'],
  ])('a role, %s, reaches the policy and is no role', async (sent, text) => {
    const role = [`"${text}" is not a valid choice.`];
    const invitation = await send(
      'POST',
      `/api/invitations?org=${world.acme.slug}`,
      `{"role":${sent},"email":"x@example.org"}`,
    );
    expect([invitation.status, invitation.body]).toEqual([400, { role }]);
    const path = `/api/memberships/${world.worker.membershipId}`;
    const membership = await world.admin.send('PATCH', path, `{"role":${sent}}`, { headers });
    expect([membership.status, membership.body]).toEqual([400, { role }]);
  });

  it('a role may stand anywhere in it', async () => {
    const answer = await send(
      'POST',
      `/api/invitations?org=${world.acme.slug}`,
      '{"role":{"a":[1.0,1e999,12345678901234567890]},"email":"x@example.org"}',
    );
    expect([answer.status, answer.body]).toEqual([
      400,
      { role: [`"{'a': [1.0, inf, 12345678901234567890]}" is not a valid choice.`] },
    ]);
  });

  it.each([
    ['1.0', 'float'],
    ['1e22', 'float'],
    ['12345678901234567890', 'int'],
  ])('an object, %s, is named as Python does', async (sent, type) => {
    const answer = await send('POST', '/api/organizations', sent);
    expect([answer.status, answer.body]).toEqual([
      400,
      { non_field_errors: [`Invalid data. Expected a dictionary, but got ${type}.`] },
    ]);
  });

  it('an id is one when it is whole, however it is written', async () => {
    const transfer = `/api/organizations/${world.acme.id}/transfer`;
    const offer = await send('POST', transfer, `{"user":${world.maintainer.id}.0}`);
    expect([offer.status, offer.body]).toMatchObject([201, { user: { id: world.maintainer.id } }]);
    for (const user of ['1.5', '12345678901234567890', '1e999'])
      expect((await send('POST', transfer, `{"user":${user}}`)).status).toBe(400);
    const token = await send(
      'POST',
      '/api/auth/access_tokens',
      `{"name":"t","organization":${world.acme.id}.0}`,
    );
    expect([token.status, token.body]).toMatchObject([201, { organization: world.acme.id }]);
  });

  it('a name to sign in with counts as none when it is zero', async () => {
    const log = (body: string) => app.send('/api/auth/login', { method: 'POST', headers, body });
    const answer = await log('{"username":1.0,"email":0.0,"password":null}');
    expect([answer.status, answer.json()]).toEqual([
      400,
      ['Must include either "username" or "email" and "password".'],
    ]);
  });
});

describe('a number in a filter', () => {
  const listed = async (filter: string) => {
    const answer = await world.admin.get(`/api/organizations?filter=${encodeURIComponent(filter)}`);
    return [answer.status, answer.body['count'] ?? answer.body];
  };

  it.each(['==', '<=', '>='])('is compared by %s with all its digits', async (operator) => {
    expect(await listed(`{"${operator}":[{"var":"id"},${world.acme.id}.0]}`)).toEqual([
      200,
      expect.any(Number),
    ]);
    expect(await listed(`{"${operator}":[{"var":"id"},12345678901234567890]}`)).toEqual([
      200,
      operator === '<=' ? expect.any(Number) : 0,
    ]);
  });

  it('is compared with a text as Python writes it', async () => {
    await createWith('"name":1.0');
    expect(await listed('{"==":[{"var":"name"},1.0]}')).toEqual([200, expect.any(Number)]);
    const [, count] = await listed('{"==":[{"var":"name"},1.0]}');
    expect(count).toBeGreaterThan(0);
    expect(await listed('{"==":[{"var":"name"},1.00001]}')).toEqual([200, 0]);
  });

  it.each(['1.0', '12345678901234567890'])('is no rule: %s', async (filter) => {
    const type = filter === '1.0' ? 'float' : 'int';
    expect(await listed(filter)).toEqual([
      400,
      [`filter: expected a non-empty dict value, got '${filter}' of type '${type}'`],
    ]);
  });
});
