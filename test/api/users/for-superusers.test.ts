import { beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { setGroups } from '../../support/rows.js';

/** What `GET /api/users` does for superusers alone, who see all fields of an account. */

const PASSWORD = 'Wiesel-42-quarks';
const app = useTestApp({ env: { REGISTRATION_MODE: 'approval', EMAIL_BACKEND: 'console' } });

const as = (username: string, password: string) => ({
  Authorization: `Basic ${btoa(`${username}:${password}`)}`,
});

interface Listed {
  readonly id: number;
  readonly username: string;
}

/** @returns the accounts that a person is shown with a query */
async function listed(query: string, headers: Readonly<Record<string, string>>): Promise<readonly Listed[]> {
  const answer = await app.send(`/api/users?${query}`, { headers });
  expect([query, answer.status]).toEqual([query, 200]);
  return (answer.json() as { results: Listed[] }).results;
}
const names = async (query: string, headers = as(app.admin.username, app.admin.password)) =>
  (await listed(query, headers)).map(({ username }) => username);

let ids: Readonly<Record<string, number>>;

beforeAll(async () => {
  const create = async (username: string, email: string, more: object = {}) => {
    const answer = await app.send('/api/users', {
      method: 'POST',
      headers: as(app.admin.username, app.admin.password),
      body: { username, email, password: PASSWORD, ...more },
    });
    expect(answer.status).toBe(201);
    return (answer.json() as { id: number }).id;
  };
  ids = {
    grace: await create('grace', 'hopper@navy.example'),
    closed: await create('closed', 'closed@example.org', { is_active: false }),
    manager: await create('manager', 'manager@example.org'),
  };
  await setGroups(app.db, ids['manager'] ?? 0, ['admin']);
  const answer = await app.send('/api/auth/register', {
    method: 'POST',
    body: { username: 'applicant', email: 'later@example.org', password1: PASSWORD, password2: PASSWORD },
  });
  expect(answer.status).toBe(201);
});

describe('a superuser', () => {
  it('finds people by a part of their address, if the request says so', async () => {
    expect(await names('search=NAVY')).toEqual([]);
    expect(await names('search=NAVY&search_email=true')).toEqual(['grace']);
    expect(await names('search=grace&search_email=true')).toEqual(['grace']);
  });

  it('lists the accounts that wait for approval, apart from those that are inactive', async () => {
    expect(await names('waits_for_approval=true')).toEqual(['applicant']);
    const rows = await listed(
      'is_active=false&include=waits_for_approval',
      as(app.admin.username, app.admin.password),
    );
    expect(rows).toMatchObject([
      { username: 'applicant', waits_for_approval: true },
      { username: 'closed', waits_for_approval: false },
    ]);
    const [{ id = 0 } = {}] = rows;
    const headers = as(app.admin.username, app.admin.password);
    const one = await app.send(`/api/users/${id}?include=waits_for_approval`, { headers });
    expect(one.json()).toMatchObject({ id, waits_for_approval: true });
  });

  it('gets the answer of CVAT without asking for more', async () => {
    const [row = {}] = await listed('is_active=false', as(app.admin.username, app.admin.password));
    expect(row).not.toHaveProperty('waits_for_approval');
  });
});

describe.each(['grace', 'manager'])('to %s, who is no superuser', (name) => {
  it.each([
    'is_superuser=true',
    'waits_for_approval=true',
    'search_email=true',
    'include=waits_for_approval',
  ])('%s means nothing', async (query) => {
    const headers = as(name, PASSWORD);
    expect(await listed(query, headers)).toEqual(await listed('', headers));
  });

  it('an address finds nobody, and no account says whether it waits', async () => {
    const headers = as(name, PASSWORD);
    expect(await listed('search=navy.example&search_email=true', headers)).toEqual([]);
    const own = await app.send(`/api/users/${ids[name]}?include=waits_for_approval`, { headers });
    expect([own.status, own.json()]).toEqual([
      200,
      expect.not.objectContaining({ waits_for_approval: expect.anything() }),
    ]);
  });
});
