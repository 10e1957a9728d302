import { describe, expect, it } from 'vitest';
import { useTestApp } from '../support/app.js';
import { basicAuth, cookieOf } from '../support/http.js';
import {
  directoryEnv,
  findSlapd,
  GROUPS,
  PASSWORD,
  PEOPLE,
  uniqueName,
  useDirectory,
} from '../support/ldap.js';
import { insertAccessToken, setActive } from '../support/rows.js';

const INTERVAL = 600;
let tokens = 0;
const nextAccessToken = (): string => {
  tokens += 1;
  return `${`t${tokens}`.padEnd(8, 'x')}.${'k'.repeat(32)}`;
};

interface SignedIn {
  readonly id: number;
  readonly ways: Readonly<
    Record<'session' | 'token' | 'accessToken' | 'basic', Readonly<Record<string, string>>>
  >;
}

describe.skipIf(findSlapd() === undefined)('people who leave the directory', () => {
  const directory = useDirectory();
  const app = useTestApp(() => ({
    env: {
      ...directoryEnv(directory),
      AUTH_LDAP_RECHECK_INTERVAL: String(INTERVAL),
      AUTH_LDAP_TIMEOUT: '30',
      AUTH_LDAP_ADMIN_GROUPS: `cn=admins,${GROUPS}`,
      AUTH_LDAP_REQUIRE_GROUP: `cn=members,${GROUPS}`,
    },
  }));

  const members = new Set<string>();
  const join = async (uid: string): Promise<string> => {
    const dn = await directory.addPerson(uid);
    members.add(dn);
    await directory.setGroup('members', [...members]);
    return dn;
  };
  const login = (username: string) =>
    app.send('/api/auth/login', { method: 'POST', body: { username, password: PASSWORD } });
  const signIn = async (username: string): Promise<SignedIn> => {
    const answer = await login(username);
    expect(answer.status, answer.text).toBe(200);
    const token = { Authorization: `Token ${(answer.json() as { key: string }).key}` };
    const { id } = (await app.send('/api/users/self', { headers: token })).json() as { id: number };
    const key = nextAccessToken();
    await insertAccessToken(app.db, { ownerId: id, key });
    const ways = {
      session: { Cookie: `sessionid=${cookieOf(answer, 'sessionid')}` },
      token,
      accessToken: { Authorization: `Bearer ${key}` },
      basic: { Authorization: basicAuth(username, PASSWORD) },
    };
    await app.send('/api/users/self', { headers: ways.basic });
    return { id, ways };
  };
  const answers = async ({ ways }: SignedIn): Promise<Readonly<Record<keyof SignedIn['ways'], number>>> => {
    const ask = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      (await app.send('/api/users/self', { headers, from: '127.0.0.2' })).status;
    return {
      session: await ask(ways.session),
      token: await ask(ways.token),
      accessToken: await ask(ways.accessToken),
      basic: await ask(ways.basic),
    };
  };
  const ALL_IN = { session: 200, token: 200, accessToken: 200, basic: 200 };
  const ALL_OUT = { session: 401, token: 401, accessToken: 401, basic: 401 };
  const recheck = async (seconds = INTERVAL): Promise<void> => {
    app.clock.advance(seconds * 1000);
    await app.container.runMaintenance();
  };

  it('lose sessions and tokens at the next check, and come back with a new login', async () => {
    const [name, other] = [uniqueName('anna'), uniqueName('bert')];
    const anna = await join(name);
    await join(other);
    const [gone, stays] = [await signIn(name), await signIn(other)];
    await directory.rename(anna, `uid=${name},${GROUPS}`);
    expect((await login(name)).status).toBe(400);
    expect(await answers(gone)).toEqual(ALL_IN);
    await recheck(INTERVAL - 10);
    expect(await answers(gone)).toMatchObject({ session: 200, token: 200, accessToken: 200 });
    await recheck(10);
    expect(await answers(gone)).toEqual(ALL_OUT);
    expect(await answers(stays)).toEqual(ALL_IN);
    await directory.rename(`uid=${name},${GROUPS}`, anna);
    const back = await login(name);
    expect(back.status).toBe(200);
    const { key } = back.json() as { key: string };
    const self = await app.send('/api/users/self', { headers: { Authorization: `Token ${key}` } });
    expect(self.json()).toMatchObject({ id: gone.id });
    expect(await answers(gone)).toMatchObject({ session: 401, token: 401, accessToken: 401 });
  });

  it.each([
    [
      'is disabled',
      async (dn: string) => {
        await directory.change(dn, {
          objectClass: ['inetOrgPerson', 'posixAccount', 'windowsPerson'],
          userAccountControl: '514',
        });
      },
    ],
    [
      'leaves the required group',
      async (dn: string) => {
        members.delete(dn);
        await directory.setGroup('members', [...members]);
      },
    ],
  ])('includes who %s', async (what, happen) => {
    const uid = uniqueName(what.split(' ')[0] ?? '');
    const dn = await join(uid);
    const gone = await signIn(uid);
    await happen(dn);
    await recheck();
    expect(await answers(gone)).toEqual(ALL_OUT);
    expect((await login(uid)).status).toBe(400);
  });

  it('take admin rights along at the next check when they only leave the admin group', async () => {
    const name = uniqueName('carl');
    const dn = await join(name);
    await directory.setGroup('admins', [dn]);
    const carl = await signIn(name);
    const self = async () => (await app.send('/api/users/self', { headers: carl.ways.token })).json();
    expect(await self()).toMatchObject({ groups: ['admin'], is_superuser: true });
    await directory.setGroup('admins', []);
    await recheck();
    expect(await self()).toMatchObject({ groups: ['user'], is_superuser: false, is_staff: false });
    expect(await answers(carl)).toEqual(ALL_IN);
  });

  it('are not those who are only renamed', async () => {
    const name = uniqueName('dora');
    const dn = await join(name);
    const dora = await signIn(name);
    await directory.rename(dn, `uid=${name}-married`);
    members.delete(dn);
    members.add(`uid=${name}-married,${PEOPLE}`);
    await directory.setGroup('members', [...members]);
    await recheck();
    expect(await answers(dora)).toMatchObject({ session: 200, token: 200, accessToken: 200 });
    expect((await app.send('/api/users/self', { headers: dora.ways.token })).json()).toMatchObject({
      username: `${name}-married`,
    });
  });

  it('are not everybody when the directory is down, and are looked for again when it is back', async () => {
    const name = uniqueName('emil');
    const emil = await join(name);
    const gone = await signIn(name);
    await directory.removeEntry(emil);
    await directory.stop();
    try {
      await expect(recheck()).rejects.toMatchObject({ code: 'directory_unreachable' });
      expect((await answers(gone)).token).toBe(200);
    } finally {
      await directory.start();
    }
    await recheck(1);
    expect(await answers(gone)).toEqual(ALL_OUT);
  });

  it('are left alone when an administrator deactivated them here', async () => {
    const name = uniqueName('fritz');
    await join(name);
    const fritz = await signIn(name);
    await setActive(app.db, fritz.id, false);
    await recheck();
    await setActive(app.db, fritz.id, true);
    expect(await answers(fritz)).toEqual(ALL_IN);
  });

  it('are not all of many at once: that is a mistake in the settings', async () => {
    const crowd: SignedIn[] = [];
    for (let number = 0; number < 10; number += 1) {
      const name = uniqueName('crowd');
      await join(name);
      crowd.push(await signIn(name));
      app.clock.advance(40_000);
    }
    await directory.setGroup('members', []);
    // They are due one after the other.
    for (let round = 0; round < 5; round += 1) await recheck(80);
    await recheck();
    for (const person of crowd) expect((await answers(person)).token).toBe(200);
    expect(app.logs.join('')).toContain('admits none of its accounts any more');
    await directory.setGroup('members', [...members]);
    await recheck();
    for (const person of crowd) expect((await answers(person)).token).toBe(200);
  }, 60_000);
});
