import { beforeAll, describe, expect, it } from 'vitest';
import { organizationPath, PATHS } from '../../../src/features/pages/paths.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { setActive, setGroups } from '../../support/rows.js';
import { createVisitor } from '../../support/visitor.js';
import { createWorld, type World } from '../../support/world.js';

/** Everybody opens every page: it refuses what the routes behind it refuse, and shows nothing that they do not tell. */

const app = useTestApp({ env: { EMAIL_BACKEND: 'console', ORG_INVITATION_CONFIRM: 'true' } });
const PASSWORD = 'Wiesel-42-quarks';

const VISITORS = [
  'nobody',
  'a user',
  'a worker of the server',
  'the owner',
  'a maintainer',
  'a member',
  'an invited person',
  'staff',
  'a superuser',
  'an inactive person',
] as const;
type VisitorName = (typeof VISITORS)[number];

interface Walk {
  readonly page: string;
  /** The page is refused as they are. */
  readonly gates?: readonly string[];
  /** What else the page may show: some of them refuse people to whom the page shows its other parts. */
  readonly sources?: readonly string[];
  /** Refuses also people to whom its routes would answer with an empty or a shorter list. */
  readonly isForSuperusers?: boolean;
  /** Without a session the page is shown, or leads on to another one for anybody. */
  readonly isOpen?: boolean;
}

const SELF = '/api/users/self';
const MINE = [
  SELF,
  '/api/auth/preferences',
  '/api/auth/sessions',
  '/api/auth/factors',
  '/api/auth/linked_accounts',
  '/api/auth/api_token',
];
let world: World;
let visitors: Readonly<Record<VisitorName, ReturnType<typeof createVisitor>>>;
/** Texts that appear nowhere by chance: names, addresses, short names, names of tokens. */
let facts: readonly string[];

/** The pages, by their names in the table of paths: a new path is missed here. */
function walks(): Readonly<Record<Exclude<keyof typeof PATHS, 'assets'> | 'person' | 'organization', Walk>> {
  const { acme, key, worker } = world;
  const open = (page: string): Walk => ({ page, isOpen: true });
  const own = (page: string, sources: readonly string[] = []): Walk => ({ page, gates: [SELF], sources });
  const forSuperusers = (page: string, gates: readonly string[]): Walk => ({
    page,
    gates: [SELF, ...gates],
    isForSuperusers: true,
  });
  const person = `/api/users/${worker.id}`;
  return {
    account: own(PATHS.account, [...MINE, '/api/organizations']),
    export: own(PATHS.export, [
      ...MINE,
      '/api/auth/access_tokens?include=last_used_ip',
      '/api/memberships',
      '/api/invitations',
      '/api/organizations',
    ]),
    language: own(PATHS.language, [...MINE, '/api/organizations']),
    signIn: open(PATHS.signIn),
    signOut: open(PATHS.signOut),
    register: open(PATHS.register),
    waiting: open(PATHS.waiting),
    verificationSent: open(PATHS.verificationSent),
    confirmed: open(PATHS.confirmed),
    linkWrong: open(PATHS.linkWrong),
    reset: open(PATHS.reset),
    resetConfirm: open(PATHS.resetConfirm),
    invitation: {
      page: `${PATHS.invitation}?invitation=${key}`,
      gates: [`/api/invitations/${key}`],
      isOpen: true,
    },
    security: own(PATHS.security, MINE),
    // People who need not set one up are led on.
    enrol: own(PATHS.enrol, MINE),
    authenticator: own(PATHS.authenticator, MINE),
    key: own(PATHS.key, MINE),
    tokens: own(PATHS.tokens, ['/api/auth/access_tokens', '/api/organizations']),
    organizations: own(PATHS.organizations, ['/api/organizations', '/api/memberships', '/api/invitations']),
    organization: {
      page: organizationPath(acme.slug),
      gates: [SELF, `/api/organizations/${acme.id}`],
      sources: [
        `/api/memberships?org=${acme.slug}`,
        `/api/invitations?org=${acme.slug}`,
        `/api/organizations/${acme.id}/transfer`,
        `/api/organizations/${acme.id}/factor_requirement`,
      ],
    },
    people: forSuperusers(PATHS.people, ['/api/users?include=waits_for_approval&page_size=25']),
    person: forSuperusers(`${PATHS.people}/${worker.id}`, [
      person,
      `${person}/sessions`,
      `${person}/factors`,
      `${person}/linked_accounts`,
      `${person}/api_token`,
    ]),
    newPerson: forSuperusers(PATHS.newPerson, []),
    allOrganizations: forSuperusers(PATHS.allOrganizations, ['/api/organizations']),
    allInvitations: forSuperusers(PATHS.allInvitations, ['/api/invitations']),
    server: forSuperusers(PATHS.server, ['/api/server/status']),
  };
}

async function enter({ username, password }: Pick<TestAccount, 'username' | 'password'>) {
  const visitor = createVisitor(app);
  const page = await visitor.signIn(username, password);
  expect([username, page.status, page.address]).toEqual([username, 200, '/account']);
  return visitor;
}

beforeAll(async () => {
  world = await createWorld(app, 'zq-');
  const asAdmin = world.admin;
  const extra = async (username: string, more: object = {}) => {
    const body = { username, email: `${username}@example.org`, password: PASSWORD, ...more };
    expect((await asAdmin.send('POST', '/api/users', body)).status).toBe(201);
    return { username, password: PASSWORD };
  };
  const passwordOf = async ({ id, username }: { readonly id: number; readonly username: string }) => {
    const made = await asAdmin.send('POST', `/api/users/${id}/password_reset_link`);
    const { searchParams } = new URL((made.body as { link: string }).link);
    const answer = await app.send('/api/auth/password/reset/confirm', {
      method: 'POST',
      body: {
        uid: searchParams.get('uid'),
        token: searchParams.get('token'),
        new_password1: PASSWORD,
        new_password2: PASSWORD,
      },
    });
    expect([username, answer.status]).toEqual([username, 200]);
    return { username, password: PASSWORD };
  };
  const gone = await extra('zq-inga');
  const worker = await extra('zq-werner', { groups: ['worker'] });
  const staff = await extra('zq-stella', { is_staff: true });
  visitors = {
    nobody: createVisitor(app),
    'a user': await enter(await passwordOf(world.stranger)),
    'a worker of the server': await enter(worker),
    'the owner': await enter(await passwordOf(world.owner)),
    'a maintainer': await enter(await passwordOf(world.maintainer)),
    'a member': await enter(await passwordOf(world.worker)),
    'an invited person': await enter(await passwordOf(world.invited)),
    staff: await enter(staff),
    'a superuser': await enter(app.admin),
    'an inactive person': await enter(gone),
  };
  for (const [name, visitor] of Object.entries(visitors))
    await visitor.browser.send('/api/auth/access_tokens', {
      method: 'POST',
      body: { name: `zq-token of ${name}` },
    });
  const { results } = (await asAdmin.get('/api/users?page_size=100')).body as {
    results: readonly { id: number; username: string; email: string }[];
  };
  const inactive = results.find(({ username }) => username === gone.username);
  await setActive(app.db, inactive?.id ?? 0, false);
  await setGroups(app.db, world.supervisor.id, ['user']);
  facts = [
    ...results.flatMap(({ username, email }) => (username.startsWith('zq-') ? [username, email] : [])),
    ...VISITORS.map((name) => `zq-token of ${name}`),
    world.acme.slug,
    world.globex.slug,
    world.key,
  ];
});

/** @returns what the routes of a page answer to its visitor: their refusals, and all that they tell */
async function routesOf(name: VisitorName, { gates = [], sources = [] }: Walk) {
  const { browser } = visitors[name];
  const ask = async (path: string) => browser.send(path);
  const asked = await Promise.all(gates.map(ask));
  const more = await Promise.all([...sources, SELF].map(ask));
  const told = [...asked, ...more].filter(({ status }) => status < 300).map(({ text }) => text);
  return { refusals: asked.map(({ status }) => status).filter((status) => status >= 400), told: told.join() };
}

describe.each(VISITORS)('%s', (name) => {
  it('is refused on each page what its routes refuse, and sees there no more than they tell', async () => {
    let seen = 0;
    for (const walk of Object.values(walks())) {
      const { refusals, told } = await routesOf(name, walk);
      const page = await visitors[name].open(walk.page);
      const isSuperuser = name === 'a superuser';
      const asked = page.address.startsWith(`${PATHS.signIn}?next=`);
      const outcome = asked ? 401 : page.status;
      const [first] = refusals;
      const wanted =
        walk.isOpen && refusals.includes(401)
          ? [200]
          : refusals.includes(401)
            ? [401]
            : walk.isForSuperusers && !isSuperuser
              ? [403]
              : // Whether there is an invitation is not told to others either.
                [first === 403 && walk.isOpen ? 404 : (first ?? 200)];
      expect([name, walk.page, outcome]).toEqual([name, walk.page, ...wanted]);
      const shown = facts.filter((fact) => page.answer.text.includes(fact) && !walk.page.includes(fact));
      expect([name, walk.page, shown.filter((fact) => !told.includes(fact))]).toEqual([name, walk.page, []]);
      if (outcome === 200) seen += shown.length;
    }
    expect(seen > 0).toBe(name !== 'nobody' && name !== 'an inactive person');
  });

  it('is refused by forged forms what the routes refuse', async () => {
    const { acme, worker } = world;
    const { browser, open } = visitors[name];
    const organization = organizationPath(acme.slug);
    const tries: readonly (readonly [string, Record<string, string>, string, string, object])[] = [
      [organization, { do: 'save', name: 'x' }, 'PATCH', `/api/organizations/${acme.id}`, { name: 'x' }],
      [
        organization,
        { do: 'change-role', member: String(worker.membershipId), role: 'worker' },
        'PATCH',
        `/api/memberships/${worker.membershipId}`,
        { role: 'worker' },
      ],
      [
        organization,
        { do: 'resend', key: 'x'.repeat(64) },
        'POST',
        `/api/invitations/${'x'.repeat(64)}/resend`,
        {},
      ],
      [organization, { do: 'withdraw-offer' }, 'DELETE', `/api/organizations/${acme.id}/transfer`, {}],
      [organization, { do: 'take-over' }, 'POST', `/api/organizations/${acme.id}/transfer/confirm`, {}],
      [organization, { do: 'decline-offer' }, 'POST', `/api/organizations/${acme.id}/transfer/decline`, {}],
      [
        `${PATHS.people}/${worker.id}`,
        { do: 'save', shown: `first_name=`, first_name: 'x' },
        'PATCH',
        `/api/users/${worker.id}`,
        { first_name: 'x' },
      ],
    ];
    for (const [page, fields, method, path, body] of tries) {
      const byApi = await browser.send(path, { method, body });
      // Nobody learns from a refusal what they may not see: their page is refused as a whole.
      const { status: before } = await open(page);
      const wanted = before >= 400 ? before : byApi.status < 300 ? 200 : byApi.status;
      await open(PATHS.signIn);
      const csrfmiddlewaretoken = browser.jar.get('csrftoken') ?? '';
      const byPage = await open(page, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
        body: String(new URLSearchParams({ ...fields, csrfmiddlewaretoken })),
      });
      const tried = [name, fields['do'], path];
      if (byApi.status === 401)
        expect([...tried, byPage.words]).toEqual([...tried, expect.stringContaining('Sign in')]);
      else expect([...tried, byPage.status]).toEqual([...tried, wanted]);
    }
  });
});
