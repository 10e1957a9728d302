import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createTestApp, type TestAccount, type TestApp } from '../support/app.js';
import { factorActions } from '../support/factor-actions.js';
import type { Answer } from '../support/http.js';
import { keyActions, PUBLIC_URL } from '../support/key-actions.js';
import { insertMembership } from '../support/organization-rows.js';
import { createDatabaseOn } from '../support/real-database.js';
import { type HeldRemoval, holdAccountRemoval, holdOrganizationRemoval } from '../support/removals.js';
import { type Client, clientOf, createWorld, type World } from '../support/world.js';

/** An account or an organization is removed while a request that adds rows to it is under way: never a 500. */

const PASSWORD = 'Wiesel-42-quarks';
let app: TestApp;
let database: Awaited<ReturnType<typeof createDatabaseOn>>;
let world: World;
beforeAll(async () => {
  database = await createDatabaseOn(inject('services')?.database ?? '');
  const env = { PUBLIC_URL, EMAIL_BACKEND: 'console', ORG_INVITATION_CONFIRM: 'true' };
  app = await createTestApp({ env: { ...env, DATABASE_URL: database.url } });
  world = await createWorld(app);
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

/** Asks while the removal is under way, and commits it once the request waits for it or is answered. */
async function during(removal: HeldRemoval, ask: () => Promise<Answer>): Promise<Answer> {
  let isOver = false;
  const [answer] = await Promise.all([
    ask().finally(() => {
      isOver = true;
    }),
    removal.untilAwaited(() => isOver).then(removal.commit),
  ]);
  return answer;
}

/** Brings an account so far that one request is left. */
type Prepare = (account: TestAccount) => Promise<() => Promise<Answer>>;

const NO_USER = { status: 404, detail: 'No User matches the given query.' };
const asOwnerOf =
  (
    path: (account: TestAccount) => string,
    body: (account: TestAccount) => object,
    method = 'POST',
  ): Prepare =>
  async (account) =>
  () =>
    app.send(path(account), { method, headers: account.authorization, body: body(account) });
const post = (path: string, body: object) =>
  asOwnerOf(
    () => path,
    () => body,
  );

describe('an account is removed while it', () => {
  it.each<[string, Prepare, { status: number; detail?: string }]>([
    ['makes a personal access token', post('/api/auth/access_tokens', { name: 'x' }), NO_USER],
    ['makes an API token', post('/api/auth/api_token', {}), NO_USER],
    ['founds an organization', post('/api/organizations', { slug: 'phoenix' }), NO_USER],
    [
      'chooses a language',
      asOwnerOf(
        () => '/api/auth/preferences',
        () => ({ language: 'de' }),
        'PATCH',
      ),
      NO_USER,
    ],
    [
      'changes its name',
      asOwnerOf(
        ({ id }) => `/api/users/${id}`,
        () => ({ first_name: 'Late' }),
        'PATCH',
      ),
      NO_USER,
    ],
    [
      'changes its password',
      asOwnerOf(
        () => '/api/auth/password/change',
        ({ password }) => ({ old_password: password, new_password1: PASSWORD, new_password2: PASSWORD }),
      ),
      { status: 400 },
    ],
    [
      'begins to set up an authenticator app',
      async (account) => {
        const browser = await factorActions(app).signIn(account);
        return () => factorActions(app).begin(browser);
      },
      NO_USER,
    ],
    [
      'confirms an authenticator app',
      async (account) => {
        const actions = factorActions(app);
        const browser = await actions.signIn(account);
        const secret = await actions.secretOf(browser);
        return () => actions.confirm(browser, actions.codeOf(secret));
      },
      { status: 400 },
    ],
    [
      'adds a passkey',
      async (account) => {
        const actions = keyActions(app);
        const browser = await actions.signIn(account);
        const { credential } = actions.make(await actions.creationOptions(browser));
        return () => actions.finishAdding(browser, 'My key', credential);
      },
      NO_USER,
    ],
  ])('%s: the answer says that it is gone', async (_title, prepare, { status, detail }) => {
    const account = await app.register();
    const ask = await prepare(account);
    const answer = await during(await holdAccountRemoval(database.url, account.id), ask);
    expect(answer.status, answer.text).toBe(status);
    if (detail !== undefined) expect(answer.json()).toEqual({ detail });
  });
});

describe('others act on an account that is removed', () => {
  it.each<[string, (account: TestAccount) => Promise<Answer>, number]>([
    ['its API token is replaced', ({ id }) => world.admin.send('POST', `/api/users/${id}/api_token`), 404],
    ['it is renamed', ({ id }) => world.admin.send('PATCH', `/api/users/${id}`, { first_name: 'Late' }), 404],
    [
      'it is invited, and the address still counts',
      ({ email }) =>
        world.owner.send('POST', `/api/invitations?org=${world.acme.slug}`, { role: 'worker', email }),
      201,
    ],
    [
      'it is offered an organization',
      ({ id }) => world.owner.send('POST', `/api/organizations/${world.acme.id}/transfer`, { user: id }),
      400,
    ],
  ])('%s', async (title, ask, status) => {
    const account = await app.register();
    if (title.includes('offered')) await join(world.acme.id, account.id);
    const removal = await holdAccountRemoval(database.url, account.id);
    const answer = await during(removal, () => ask(account));
    expect(answer.status, answer.text).toBe(status);
  });
});

const join = (organizationId: number, userId: number) =>
  insertMembership(app.db, { organizationId, userId, role: 'worker', isActive: true });

interface Place {
  readonly id: number;
  readonly slug: string;
}

describe('an organization is removed while', () => {
  it.each<[string, (owner: Client, place: Place) => Promise<Answer>, number]>([
    [
      'it is offered to a member',
      (owner, { id }) => owner.send('POST', `/api/organizations/${id}/transfer`, { user: world.stranger.id }),
      404,
    ],
    [
      'somebody is invited',
      (owner, { slug }) =>
        owner.send('POST', `/api/invitations?org=${slug}`, { role: 'worker', email: 'late@example.org' }),
      404,
    ],
    [
      'it gets another name',
      (owner, { id }) => owner.send('PATCH', `/api/organizations/${id}`, { name: 'Late' }),
      404,
    ],
    [
      'its owner makes a token for it alone',
      (owner, { id }) => owner.send('POST', '/api/auth/access_tokens', { name: 'x', organization: id }),
      400,
    ],
  ])('%s: the answer says that it is gone', async (_title, ask, status) => {
    const owner = clientOf(app, await app.register());
    const made = await owner.send('POST', '/api/organizations', { slug: `place${owner.id}` });
    const place = made.body as Place;
    await join(place.id, world.stranger.id);
    const answer = await during(await holdOrganizationRemoval(database.url, place.id), () =>
      ask(owner, place),
    );
    expect(answer.status, answer.text).toBe(status);
  });
});
