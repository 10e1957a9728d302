import { beforeAll, describe, expect, it } from 'vitest';
import { HOUR } from '../../../src/kernel/clock.js';
import { useTestApp } from '../../support/app.js';
import { invitedMembership } from '../../support/organization-rows.js';
import { insertAccessToken } from '../../support/rows.js';
import { createWorld, type World } from '../../support/world.js';

/** Who has a body looked at that means nothing to the operation: in CVAT 2.62 the permissions of invitations read it. */

let world: World;
let round = 0;
const renewWorld = async (): Promise<void> => {
  world = await createWorld(app, `b${(round += 1)}`);
};
const app = useTestApp({ env: { EMAIL_BACKEND: 'console' } });
beforeAll(async () => {
  await renewWorld();
});

const JSON_TYPE = { 'Content-Type': 'application/json' };
const MALFORMED = { detail: expect.stringMatching(/^JSON parse error - /) };
const WRONG_TYPE = { detail: 'Unsupported media type "text/plain" in request.' };
const noDictionary = (type: string) => ({
  non_field_errors: [`Invalid data. Expected a dictionary, but got ${type}.`],
});

/** Method, what follows the key, who asks, and the status without a body. */
const OPERATIONS = [
  ['GET', '', 'owner', 200],
  ['DELETE', '', 'owner', 204],
  ['PATCH', '?accepted', 'invited', 200],
  ['POST', '/accept', 'invited', 200],
  ['POST', '/decline', 'invited', 204],
  ['POST', '/resend', 'owner', 204],
] as const;

const stateOf = () => invitedMembership(app.db, world.key);

describe.each(OPERATIONS)('%s /api/invitations/{key}%s', (method, more, who, status) => {
  const ask = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = JSON_TYPE) => {
    // Invitations are sent again five times an hour, refused requests included.
    app.clock.advance(HOUR / 5);
    return world[who].send(method, `/api/invitations/${world.key}${more}`, body, { headers });
  };

  it.each([
    ['that is cut off', '{', 400, MALFORMED],
    ['that is no JSON', 'a=b', 400, MALFORMED],
    ['with two values', '{} {}', 400, MALFORMED],
    ['that begins with a byte order mark', '\ufeff{}', 400, MALFORMED],
    ['that is no UTF-8', new Uint8Array([0xff]), 400, MALFORMED],
    ['that is nested too deeply', '['.repeat(101), 400, MALFORMED],
    ['that is a list', '[1]', 400, noDictionary('list')],
    ['that is a text', '"x"', 400, noDictionary('str')],
    ['that is a number', '1', 400, noDictionary('int')],
    ['that is null', 'null', 400, { non_field_errors: ['No data provided'] }],
  ])('changes nothing with a body %s', async (_what, body, expected, answer) => {
    const before = await stateOf();
    const refused = await ask(body);
    expect([refused.status, refused.body]).toEqual([expected, answer]);
    expect(await stateOf()).toEqual(before);
  });

  it('changes nothing with a body of another type, whatever is in it', async () => {
    const before = await stateOf();
    for (const body of ['{', '{}', 'null']) {
      const refused = await ask(body, { 'Content-Type': 'text/plain' });
      expect([refused.status, refused.body]).toEqual([415, WRONG_TYPE]);
    }
    expect((await ask('{}', {})).status).toBe(415);
    expect(await stateOf()).toEqual(before);
  });

  it('does what it is asked with an object, and with an empty body of any type', async () => {
    expect((await ask('{"__proto__":{"x":1},"a":1e5}')).status).toBe(status);
    await renewWorld();
    expect((await ask('', { 'Content-Type': 'text/plain' })).status).toBe(status);
    await renewWorld();
  });

  it('says 401 and 404 before it looks at the body, and 403 after', async () => {
    const path = `/api/invitations/${world.key}${more}`;
    expect((await app.send(path, { method, headers: JSON_TYPE, body: '{' })).status).toBe(401);
    const stranger = await world.stranger.send(method, path, '{', { headers: JSON_TYPE });
    expect([stranger.status, stranger.body]).toEqual([
      404,
      { detail: 'No Invitation matches the given query.' },
    ]);
    if (method === 'GET') return;
    const other = who === 'owner' ? world.invited : world.owner;
    expect((await other.send(method, path, '{', { headers: JSON_TYPE })).status).toBe(400);
    expect((await other.send(method, path, '{}', { headers: JSON_TYPE })).status).toBe(403);
  });
});

describe('the list of invitations', () => {
  it('is refused with a body that is no JSON object', async () => {
    for (const body of ['{', '[1]'])
      expect((await world.owner.send('GET', '/api/invitations', body, { headers: JSON_TYPE })).status).toBe(
        400,
      );
    expect((await world.owner.send('GET', '/api/invitations', '{}', { headers: JSON_TYPE })).status).toBe(
      200,
    );
  });
});

describe('a body that CVAT does not look at', () => {
  it.each([
    ['DELETE', (): string => `/api/memberships/${world.worker.membershipId}`, 204],
    ['DELETE', (): string => `/api/organizations/${world.acme.id}`, 204],
    ['DELETE', (): string => `/api/users/${world.owner.id}`, 204],
    ['POST', (): string => '/api/auth/logout', 200],
    ['GET', (): string => '/api/users/self', 200],
    ['OPTIONS', (): string => '/api/invitations', 200],
    ['PUT', (): string => '/api/users/1', 405],
  ] as const)('is none of %s %s', async (method, pathOf, status) => {
    for (const [body, type] of [
      ['{', 'application/json'],
      ['[1]', 'text/plain'],
    ]) {
      await renewWorld();
      const answer = await world.owner.send(method, pathOf(), body, {
        headers: { 'Content-Type': type ?? '' },
      });
      expect(answer.status).toBe(status);
    }
  });

  it('is none of DELETE /api/auth/access_tokens/{id}', async () => {
    await renewWorld();
    const id = await insertAccessToken(app.db, {
      ownerId: world.owner.id,
      key: `bodies00.${'b'.repeat(32)}`,
    });
    const answer = await world.owner.send('DELETE', `/api/auth/access_tokens/${id}`, '{', {
      headers: JSON_TYPE,
    });
    expect(answer.status).toBe(204);
  });
});
