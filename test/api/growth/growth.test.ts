import { describe, expect, it } from 'vitest';
import { growthExamples } from '../../../src/features/api-docs/examples/growth.js';
import { DAY } from '../../../src/kernel/clock.js';
import { type TestAccount, useTestApp } from '../../support/app.js';
import { basicAuth } from '../../support/http.js';
import { insertOrganization } from '../../support/organization-rows.js';
import { countRows } from '../../support/tables.js';
import { buildWorld, credentialsOf } from '../docs/world.js';

/** `/api/growth` of CVAT 2.74: whether people are asked to give CVAT a star. */

type Headers = Readonly<Record<string, string>>;
interface Growth {
  readonly id: number;
  readonly owner: { readonly id: number };
  readonly github_prompt_shown: boolean;
}

const app = useTestApp({ env: { CVAT_VERSION: '2.74.0' } });

const get = (path: string, headers: Headers) => app.send(`/api/growth${path}`, { headers });
const patch = (id: number, headers: Headers, body: unknown) =>
  app.send(`/api/growth/${id}`, { method: 'PATCH', headers, body });
async function rowsOf(headers: Headers, query = ''): Promise<readonly Growth[]> {
  const answer = await get(query, headers);
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  return (answer.json() as { results: readonly Growth[] }).results;
}
async function rowOf({ authorization }: TestAccount): Promise<Growth> {
  const [row, ...others] = await rowsOf(authorization);
  if (row === undefined || others.length > 0) throw new Error('Not one row.');
  return row;
}
const storedRows = ({ id }: TestAccount) => countRows(app.db, `auth_server_growth where user_id = ${id}`);
const asAdmin = (): Headers => ({
  Authorization: basicAuth(app.admin.username, app.admin.password),
});

const MISSING = { detail: 'No UserGrowthData matches the given query.' };
const NEW = {
  github_prompt_shown: true,
  github_prompt_support_clicked: false,
  github_prompt_enabled: false,
  promotion_notifications_allowed: true,
};

describe('the first look', () => {
  it('makes a row, by which the prompt was shown when the account was made', async () => {
    const person = await app.register();
    expect(await storedRows(person)).toBe(0);
    const answer = await get('', person.authorization);
    const id = expect.any(Number) as number;
    const owner = {
      url: `${app.url}/api/users/${person.id}`,
      id: person.id,
      username: person.username,
      first_name: '',
      last_name: '',
    };
    const page = { count: 1, next: null, previous: null, results: [{ id, owner, ...NEW }] };
    expect(answer.json()).toEqual(page);
    const [row] = (answer.json() as { results: readonly object[] }).results;
    expect(Object.keys(row ?? {})).toEqual(['id', 'owner', ...Object.keys(NEW)]);
    expect(await storedRows(person)).toBe(1);
  });

  it('makes it too where it asks for a row, or changes one, that is not there', async () => {
    const [reader, writer] = [await app.register(), await app.register()];
    expect((await get('/2000000000', reader.authorization)).json()).toEqual(MISSING);
    expect((await patch(2_000_000_000, writer.authorization, {})).json()).toEqual(MISSING);
    expect([await storedRows(reader), await storedRows(writer)]).toEqual([1, 1]);
  });

  it('makes one row when many come at once, and fails for none of them', async () => {
    const person = await app.register();
    const answers = await Promise.all(Array.from({ length: 8 }, () => get('', person.authorization)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(await storedRows(person)).toBe(1);
  });

  it('is the only one that uses up an id', async () => {
    const { id } = await rowOf(await app.register());
    const next = await app.register();
    for (let look = 0; look < 3; look += 1) expect((await rowOf(next)).id).toBe(id + 1);
    expect((await rowOf(await app.register())).id).toBe(id + 2);
  });
});

describe('the prompt', () => {
  it('is enabled 30 days after it was shown, and not a moment before', async () => {
    const person = await app.register();
    const { id } = await rowOf(person);
    app.clock.stop();
    try {
      await patch(id, person.authorization, { github_prompt_shown: true });
      app.clock.advance(30 * DAY - 1);
      expect(await rowOf(person)).toMatchObject({ github_prompt_shown: true, github_prompt_enabled: false });
      app.clock.advance(1);
      expect(await rowOf(person)).toMatchObject({ github_prompt_shown: false, github_prompt_enabled: true });
      const shown = await patch(id, person.authorization, { github_prompt_shown: true });
      expect([shown.status, shown.json()]).toEqual([200, { ...(await rowOf(person)), ...NEW }]);
    } finally {
      app.clock.go();
    }
  });

  it.each([
    ['was followed', { github_prompt_support_clicked: true }],
    ['is not allowed', { promotion_notifications_allowed: false }],
  ])('is not enabled any more when it %s', async (_how, change) => {
    const person = await app.register();
    const { id } = await rowOf(person);
    app.clock.advance(31 * DAY);
    const before = await rowOf(person);
    expect(before).toMatchObject({ github_prompt_enabled: true });
    const answer = await patch(id, person.authorization, change);
    expect([answer.status, answer.json()]).toEqual([
      200,
      { ...before, ...change, github_prompt_enabled: false },
    ]);
    expect(await rowOf(person)).toEqual(answer.json());
  });

  it('may be allowed again', async () => {
    const person = await app.register();
    const { id } = await rowOf(person);
    for (const allowed of [false, true]) {
      const body = { promotion_notifications_allowed: allowed };
      expect((await patch(id, person.authorization, body)).json()).toMatchObject(body);
    }
  });
});

describe('a PATCH', () => {
  const ONLY_TRUE = ['This value can only be set to true.'];
  const NO_BOOLEAN = ['Must be a valid boolean.'];
  it.each([
    [{ github_prompt_shown: false }, { github_prompt_shown: ONLY_TRUE }],
    [{ github_prompt_shown: 'no' }, { github_prompt_shown: ONLY_TRUE }],
    [{ github_prompt_support_clicked: false }, { github_prompt_support_clicked: ONLY_TRUE }],
    [
      { github_prompt_support_clicked: false, github_prompt_shown: false },
      { github_prompt_shown: ONLY_TRUE },
    ],
    [{ github_prompt_shown: 'maybe' }, { github_prompt_shown: NO_BOOLEAN }],
    [{ github_prompt_shown: null }, { github_prompt_shown: ['This field may not be null.'] }],
    [
      { github_prompt_shown: false, promotion_notifications_allowed: 7 },
      { promotion_notifications_allowed: NO_BOOLEAN },
    ],
  ])('with %j is refused as in CVAT, and changes nothing', async (body, errors) => {
    const person = await app.register();
    const before = await rowOf(person);
    const answer = await patch(before.id, person.authorization, {
      promotion_notifications_allowed: false,
      ...body,
    });
    expect([answer.status, answer.json()]).toEqual([400, errors]);
    expect(await rowOf(person)).toEqual(before);
  });

  it.each([[{}], [{ id: 7, owner: 7, github_prompt_enabled: true, nonsense: [] }]])(
    'with %j changes nothing, because it names nothing that can be changed',
    async (body) => {
      const person = await app.register();
      const before = await rowOf(person);
      const answer = await patch(before.id, person.authorization, body);
      expect([answer.status, answer.json()]).toEqual([200, before]);
    },
  );

  it('takes the words that CVAT takes for true', async () => {
    const person = await app.register();
    const { id } = await rowOf(person);
    const answer = await patch(id, person.authorization, { github_prompt_support_clicked: 'yes' });
    expect(answer.json()).toMatchObject({ github_prompt_support_clicked: true });
  });
});

describe('the rows of others', () => {
  it('are missing to everybody but administrators, who see and change them', async () => {
    const [owner, stranger] = [await app.register(), await app.register()];
    const row = await rowOf(owner);
    for (const answer of [
      await get(`/${row.id}`, stranger.authorization),
      await patch(row.id, stranger.authorization, { github_prompt_support_clicked: true }),
      await patch(row.id, stranger.authorization, { github_prompt_shown: false }),
    ])
      expect([answer.status, answer.json()]).toEqual([404, MISSING]);
    expect(await rowsOf(stranger.authorization, `?user_id=${owner.id}`)).toEqual([]);
    expect((await get(`/${row.id}`, asAdmin())).json()).toEqual(row);
    const change = { promotion_notifications_allowed: false };
    expect((await patch(row.id, asAdmin(), change)).json()).toEqual({ ...row, ...change });
    expect(await rowOf(owner)).toEqual({ ...row, ...change });
  });

  it('go with the account', async () => {
    const person = await app.register();
    const { id } = await rowOf(person);
    const removal = await app.send(`/api/users/${person.id}`, { method: 'DELETE', headers: asAdmin() });
    expect(removal.status).toBe(204);
    expect(await storedRows(person)).toBe(0);
    expect((await get(`/${id}`, asAdmin())).json()).toEqual(MISSING);
  });
});

describe('the list', () => {
  it('of an administrator has everybody who was here, and is filtered, sorted and cut into pages', async () => {
    const people = [await app.register(), await app.register(), await app.register()];
    const rows = [];
    for (const person of people) rows.push(await rowOf(person));
    const ids = async (query: string) => (await rowsOf(asAdmin(), query)).map(({ id }) => id);
    const own = rows.map(({ id }) => id);
    const all = await ids('?page_size=all');
    expect(all).toEqual(all.toSorted((one, other) => one - other));
    expect(all).toEqual(expect.arrayContaining(own));
    expect(await ids('?sort=-id&page_size=all')).toEqual(all.toReversed());
    expect(await ids('?page_size=1&page=2')).toEqual(all.slice(1, 2));
    expect(await ids(`?user_id=${people[1]?.id}`)).toEqual(own.slice(1, 2));
    const by = (field: string, value: unknown) =>
      `?filter=${JSON.stringify({ '==': [{ var: field }, value] })}`;
    expect(await ids(by('user_id', people[2]?.id))).toEqual(own.slice(2));
    expect(await ids(by('id', own[0]))).toEqual(own.slice(0, 1));
  });

  it('refuses a person that is no number, and fields that it does not have', async () => {
    const { authorization } = await app.register();
    expect((await get('?user_id=me', authorization)).json()).toEqual({ user_id: ['Enter a number.'] });
    const filter = JSON.stringify({ '==': [{ var: 'github_prompt_shown' }, true] });
    expect((await get(`?filter=${filter}`, authorization)).status).toBe(400);
  });
});

describe('ways in', () => {
  it('are needed', async () => {
    const { id } = await rowOf(await app.register());
    for (const answer of [await get('', {}), await get(`/${id}`, {}), await patch(id, {}, {})])
      expect(answer.status).toBe(401);
  });

  it.each(['POST', 'PUT', 'DELETE'])('do not open what CVAT does not have: %s', async (method) => {
    const { authorization } = await app.register();
    for (const path of ['/api/growth', '/api/growth/1'])
      expect((await app.send(path, { method, headers: authorization, body: {} })).status).toBe(405);
  });

  async function tokenOf({ authorization }: TestAccount, fields: object): Promise<Headers> {
    const body = { name: 'a', ...fields };
    const answer = await app.send('/api/auth/access_tokens', {
      method: 'POST',
      headers: authorization,
      body,
    });
    return { Authorization: `Bearer ${(answer.json() as { value: string }).value}` };
  }

  it('with a read-only token show, and with one that may write also change', async () => {
    const person = await app.register();
    const row = await rowOf(person);
    const [reading, writing] = [
      await tokenOf(person, { read_only: true }),
      await tokenOf(person, { read_only: false }),
    ];
    expect(await rowsOf(reading)).toEqual([row]);
    expect((await get(`/${row.id}`, reading)).json()).toEqual(row);
    const change = { promotion_notifications_allowed: false };
    expect((await patch(row.id, reading, change)).status).toBe(403);
    expect(await rowOf(person)).toEqual(row);
    expect((await patch(row.id, writing, change)).json()).toEqual({ ...row, ...change });
  });

  it('with a token that is bound to an organization open nothing: growth data are in none', async () => {
    const person = await app.register();
    const organization = await insertOrganization(app.db, 'bound', person.id);
    const bound = await tokenOf(person, { read_only: false, organization });
    const logged = app.logs.length;
    for (const path of ['/api/growth', '/api/growth/1', '/api/growth/2000000000'])
      expect((await app.send(`${path}?org=bound`, { headers: bound })).status).toBe(403);
    const denied = app.logs.slice(logged).filter((line) => line.includes('"policy.denied"'));
    expect(denied).toHaveLength(3);
    expect(await storedRows(person)).toBe(0);
  });

  it('make no difference by the organization that they name, or by a role in it', async () => {
    const [owner, stranger] = [await app.register(), await app.register()];
    await insertOrganization(app.db, 'named', owner.id);
    const row = await rowOf(owner);
    for (const person of [owner, stranger]) {
      const own = await rowOf(person);
      expect(await rowsOf(person.authorization, '?org=named')).toEqual([own]);
      expect((await get(`/${own.id}?org=named`, person.authorization)).json()).toEqual(own);
    }
    expect((await get(`/${row.id}?org=named`, stranger.authorization)).json()).toEqual(MISSING);
  });
});

describe('the examples of the document', () => {
  it.each(
    Object.entries(growthExamples).flatMap(([id, examples]) =>
      Object.values(examples).map((example) => ({ id, example, model: Object.values(examples)[0] })),
    ),
  )('answer as they say: $id, $example.summary', async ({ id, example, model }) => {
    await buildWorld(app);
    await rowsOf(await credentialsOf(app, { as: 'maria' }));
    const { as, path, body } = { ...model?.request, ...example.request };
    const answer = await app.send(path === undefined ? '/api/growth' : `/api/growth/${path['id']}`, {
      method: id === 'growth_partial_update' ? 'PATCH' : 'GET',
      headers: await credentialsOf(app, as === undefined ? {} : { as }),
      ...(body === undefined ? {} : { body }),
    });
    const shown = JSON.stringify(example.body).replaceAll('http://localhost:8080', app.url);
    expect([answer.status, answer.json()]).toEqual([example.status, JSON.parse(shown)]);
  });
});

describe.each([
  ['2.62.0', false],
  ['2.73.0', false],
  ['2.74.0', true],
  ['2.80.0', true],
])('CVAT_VERSION %s', (version, isThere) => {
  const other = useTestApp({ env: { CVAT_VERSION: version } });

  it(isThere
    ? 'has /api/growth, and says so in its document'
    : 'has no /api/growth, as if it were any other', {
    timeout: 60_000,
  }, async () => {
    const { authorization } = await other.register();
    const ask = (path: string) => other.send(path, { headers: authorization });
    const [answer, unknown] = [await ask('/api/growth'), await ask('/api/nothing')];
    if (isThere) expect(answer.status).toBe(200);
    else expect([answer.status, answer.text]).toEqual([404, unknown.text.replace('nothing', 'growth')]);
    const { paths, tags } = other.container.document();
    const operations = Object.entries(paths)
      .filter(([path]) => path.startsWith('/api/growth'))
      .flatMap(([, item]) => Object.values(item).map(({ operationId }) => operationId));
    expect(operations).toEqual(isThere ? ['growth_list', 'growth_retrieve', 'growth_partial_update'] : []);
    expect(tags.some(({ name }) => name === 'growth')).toBe(isThere);
  });
});
