import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { one } from '../../../src/platform/db/queryable.js';
import { raw, sql } from '../../../src/platform/db/sql.js';
import { createTestApp, type TestApp } from '../../support/app.js';
import { clientOf, createWorld, type World } from '../../support/world.js';

/** Every route of an object, every kind of stranger, every context he may name, every method. */

let app: TestApp;
let world: World;
beforeAll(async () => {
  app = await createTestApp({ env: { EMAIL_BACKEND: 'console' } });
  world = await createWorld(app);
  await world.owner.send('PATCH', `/api/organizations/${world.acme.id}`, {
    name: 'Sesame',
    contact: { phone: 'Sesame' },
  });
  await world.owner.send('POST', `/api/organizations/${world.acme.id}/transfer`, { user: world.worker.id });
});
afterAll(() => app.close());

const TAGS = ['users', 'organizations', 'memberships', 'invitations'];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
const BODIES = [{}, { role: 'owner' }, { name: 'x', first_name: 'x', user: 1 }];
const CONTEXTS = ['', '?org=', '?org=acme', '?org=globex', '?accepted&org=acme'];
const STRANGERS = ['stranger', 'otherOwner', 'otherWorker', 'nobody', 'anonymous'] as const;

/** The objects of acme that a path names, and one of each that is not there. */
const objectsOf = (path: string): readonly string[] => {
  if (path.startsWith('/api/users'))
    return [world.worker, world.owner, world.invited].map(({ id }) => String(id));
  if (path.startsWith('/api/organizations')) return [String(world.acme.id)];
  if (path.startsWith('/api/memberships'))
    return [world.owner, world.worker, world.invited].map(({ membershipId }) => String(membershipId));
  return [world.key];
};
const missingOf = (path: string): string =>
  path.startsWith('/api/invitations') ? 'k'.repeat(64) : '2000000000';

const paths = (): readonly string[] => {
  const own = app.container.routes.filter(({ tag, path }) => TAGS.includes(tag) && path.includes(':'));
  return [...new Set(own.map(({ path }) => path))];
};

const hasBody = (method: string): boolean => ['POST', 'PUT', 'PATCH'].includes(method);

/** Every path with every method, and whether there is such an operation. */
const attempts = () =>
  paths().flatMap((path) => {
    const own = app.container.routes
      .filter((route) => route.path === path)
      .map(({ method }) => method.toUpperCase());
    return METHODS.map((method) => ({
      path,
      method,
      exists: own.includes(method === 'HEAD' ? 'GET' : method),
    }));
  });

const TABLES = [
  'auth_user',
  'auth_user_groups',
  'account_emailaddress',
  'organizations_organization',
  'organizations_membership',
  'organizations_invitation',
  'auth_server_organization_transfers',
  'auth_server_outbox',
];
const digest = async (): Promise<readonly unknown[]> =>
  Promise.all(
    TABLES.map((table) =>
      one(
        app.db,
        sql`select md5(coalesce(string_agg(t::text, '' order by t::text), '')) as sum from ${raw(table)} t`,
      ),
    ),
  );

const visitor = (kind: (typeof STRANGERS)[number]) =>
  kind === 'anonymous'
    ? clientOf(app, { id: 0, username: '', email: '', authorization: {} as { Authorization: string } })
    : world[kind];

describe.each(STRANGERS)('a visitor who is %s', (kind) => {
  it('gets at no object of a foreign organization, changes nothing and learns nothing', async () => {
    const before = await digest();
    const secrets = ['Sesame', '@example.org', 'wanda', 'olivia', 'ivana', 'maria', world.key.slice(0, 20)];
    expect(paths().length).toBeGreaterThanOrEqual(9);
    for (const { path, method, exists } of attempts()) {
      for (const id of objectsOf(path)) {
        for (const context of exists ? CONTEXTS : ['']) {
          for (const body of exists && hasBody(method) ? BODIES : [undefined]) {
            const answer = await visitor(kind).send(method, path.replace(/:\w+/, id) + context, body);
            const expected = kind === 'anonymous' ? [401] : exists ? [403, 404] : [405];
            // The limit on sending again counts before anything is looked for.
            if (path.endsWith('/resend') && kind !== 'anonymous') expected.push(429);
            expect(expected, `${method} ${path}${context}`).toContain(answer.status);
            for (const secret of secrets) expect(answer.text).not.toContain(secret);
          }
        }
      }
    }
    expect(await digest()).toEqual(before);
  });
});

it('hides a foreign organization and a foreign invitation as if they were not there', async () => {
  for (const path of paths().filter(
    (each) => /organizations|invitations/.test(each) && !each.endsWith('/resend'),
  )) {
    for (const kind of STRANGERS) {
      for (const method of METHODS) {
        const body = hasBody(method) ? {} : undefined;
        const [hidden, missing] = [
          await visitor(kind).send(method, path.replace(/:\w+/, objectsOf(path)[0] ?? ''), body),
          await visitor(kind).send(method, path.replace(/:\w+/, missingOf(path)), body),
        ];
        expect([path, method, hidden.status, hidden.text]).toEqual([
          path,
          method,
          missing.status,
          missing.text,
        ]);
      }
    }
  }
});
