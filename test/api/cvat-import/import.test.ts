import { describe, expect, it } from 'vitest';
import type { ImportReport } from '../../../src/features/cvat-import/index.js';
import { useTestApp } from '../../support/app.js';
import { HASHES, PASSWORD } from '../../support/cvat.js';
import {
  accessToken,
  email,
  group,
  invitation,
  membership,
  organization,
  profile,
  token,
  user,
  writeDump,
} from '../../support/fixture.js';
import { importFile, importObjects, reasonsOf } from '../../support/imports.js';
import { removeMembership } from '../../support/organization-rows.js';
import { readUser, setUsername } from '../../support/rows.js';
import { countRows, readSite } from '../../support/tables.js';

const app = useTestApp();

const importedOf = ({ counts }: ImportReport) =>
  Object.fromEntries(Object.entries(counts).map(([kind, { imported }]) => [kind, imported]));
const login = (username: string, password = PASSWORD) =>
  app.send('/api/auth/login', { method: 'POST', body: { username, password } });
const self = async (authorization: string) => {
  const answer = await app.send('/api/users/self', { headers: { Authorization: authorization } });
  return { status: answer.status, body: answer.json() as Record<string, unknown> };
};
const NOTHING = {
  site: 0,
  group: 0,
  user: 0,
  email: 0,
  token: 0,
  access_token: 0,
  organization: 0,
  membership: 0,
  invitation: 0,
  profile: 0,
};

/** Two people, with everything that there is. @param name how `dumpdata` refers to an account */
function household(prefix: string, base: number, name: (username: string, pk: number) => unknown) {
  const [anna, ben] = [`${prefix}anna`, `${prefix}ben`];
  const [a, b] = [name(anna, base + 1), name(ben, base + 2)];
  const apiToken = Buffer.from(prefix.padEnd(20, '.')).toString('hex').slice(0, 40);
  const accessKey = `${prefix.padEnd(8, '0').slice(0, 8)}.0123456789abcdefghijABCDEFGHIJkl`;
  const invitationKey = prefix.padEnd(64, 'i');
  const objects = [
    email(base + 1, a, `${anna}@example.org`),
    token(apiToken, a),
    accessToken(base + 1, accessKey, b, { last_used_date: new Date(app.clock.now()).toISOString() }),
    organization(base + 1, `${prefix}org`, a),
    membership(base + 1, a, base + 1, 'owner'),
    membership(base + 2, b, base + 1, 'maintainer', null),
    invitation(invitationKey, base + 2, a),
    profile(base + 1, a, true),
    profile(base + 2, b),
  ];
  return { anna, ben, objects, apiToken, accessKey, invitationKey };
}

const STYLES = [
  {
    style: 'with natural keys',
    prefix: 'nat',
    base: 1000,
    refer: (name: string) => [name],
    users: (anna: string, ben: string) => [
      user(1001, anna, { groups: [['worker']] }),
      user(1002, ben, { password: HASHES.argon2 }),
    ],
  },
  {
    style: 'with plain ids',
    prefix: 'pk',
    base: 2000,
    refer: (_name: string, pk: number) => pk,
    users: (anna: string, ben: string) => [
      group(71, 'user'),
      group(72, 'worker'),
      user(2001, anna, { groups: [72] }),
      user(2002, ben, { groups: [71], password: HASHES.argon2 }),
    ],
  },
  {
    style: 'of a newer CVAT with natural primary keys',
    prefix: 'new',
    base: 3000,
    refer: (name: string) => [name],
    users: (anna: string, ben: string) =>
      [
        user(0, anna, { groups: [['worker']], created_via: 'sso' }),
        user(0, ben, { password: HASHES.argon2 }),
      ].map(({ fields }) => ({ model: 'iam.user', fields })),
  },
];

describe('import cvat --fixture', () => {
  it.each(STYLES)(
    'takes everything of a dump $style, and people go on',
    async ({ prefix, base, refer, users }) => {
      const { anna, ben, objects, apiToken, accessKey, invitationKey } = household(prefix, base, refer);
      const dump = [...users(anna, ben), { model: 'engine.task', pk: 1, fields: { name: 'x' } }, ...objects];
      const report = await importFile(app, writeDump(dump, 'dump.json.gz'));
      expect(reasonsOf(report)).toEqual([]);
      expect(importedOf(report)).toEqual({
        ...NOTHING,
        user: 2,
        email: 1,
        token: 1,
        access_token: 1,
        organization: 1,
        membership: 2,
        invitation: 1,
        profile: 2,
      });
      expect(report.otherModels).toEqual({ 'engine.task': 1 });

      expect((await login(anna)).json()).toEqual({ key: apiToken });
      expect((await login(`${ben}@example.org`)).status).toBe(200);
      const { body } = await self(`Token ${apiToken}`);
      expect(body).toMatchObject({
        username: anna,
        first_name: 'First',
        last_name: 'Läst',
        groups: ['worker'],
        has_analytics_access: true,
        ...(prefix === 'new' ? {} : { id: base + 1 }),
      });
      expect(body['date_joined']).toBe('2024-03-04T05:06:07.891000Z');
      expect((await self(`Bearer ${accessKey}`)).body).toMatchObject({ username: ben });

      const headers = { Authorization: `Token ${apiToken}` };
      const org = (await app.send(`/api/organizations/${base + 1}`, { headers })).json();
      expect(org).toMatchObject({
        slug: `${prefix}org`,
        contact: { email: 'us@example.org', deep: [1, null, 'ä'] },
        owner: { username: anna },
      });
      const bensHeaders = { Authorization: `Token ${((await login(ben)).json() as { key: string }).key}` };
      const invited = await app.send(`/api/invitations/${invitationKey}`, { headers: bensHeaders });
      expect(invited.json()).toMatchObject({ role: 'maintainer', user: { username: ben } });
    },
  );

  it('takes the name of the site where this server has none yet, and keeps it from then on', async () => {
    const site = (pk: number, domain: string, name: string) => ({
      model: 'sites.site',
      pk,
      fields: { domain, name },
    });
    const nameHere = () => readSite(app.db);
    const first = await importObjects(app, [
      site(2, 'other.example.org', 'Other'),
      site(1, 'lab.example.org', 'Lab'),
    ]);
    expect(reasonsOf(first)).toEqual(['skipped site Other: CVAT uses only the site with the id 1']);
    expect(importedOf(first)).toEqual({ ...NOTHING, site: 1 });
    expect(await nameHere()).toEqual({ id: 1, domain: 'lab.example.org', name: 'Lab' });
    const second = await importObjects(app, [site(1, 'new.example.org', 'New')]);
    expect([second.isUnchanged, second.counts.site.present]).toEqual([true, 1]);
    expect(await nameHere()).toEqual({ id: 1, domain: 'lab.example.org', name: 'Lab' });
  });

  it('imports nothing the second time, whatever happened here meanwhile', async () => {
    const { anna, ben, objects, apiToken } = household('twice', 4000, (name) => [name]);
    const dump = [user(4001, anna), user(4002, ben), ...objects];
    expect((await importObjects(app, dump)).isUnchanged).toBe(false);
    // A new hash, a token taken away, a member gone, an account with another name.
    await login(anna);
    await app.send('/api/auth/logout', { method: 'POST', headers: { Authorization: `Token ${apiToken}` } });
    await removeMembership(app.db, 4002);
    await setUsername(app.db, 4002, 'renamed');
    const again = await importObjects(app, dump);
    expect(reasonsOf(again)).toEqual([]);
    expect(importedOf(again)).toEqual(NOTHING);
    expect(again.isUnchanged).toBe(true);
    expect(again.counts.user).toMatchObject({ read: 2, present: 2, skipped: 0 });
    expect((await self(`Token ${apiToken}`)).status).toBe(401);
    expect((await login('renamed')).status).toBe(200);
  });

  it('with --dry-run tells the same and changes nothing', async () => {
    const { anna, ben, objects } = household('dry', 5000, (name) => [name]);
    const dump = [user(5001, anna), user(5002, ben, { password: 'pbkdf2_sha256$9$x$y' }), ...objects];
    const rows = () =>
      Promise.all(
        ['auth_user', 'organizations_membership', 'auth_user_groups'].map((table) =>
          countRows(app.db, table),
        ),
      );
    const before = await rows();
    const rehearsal = await importObjects(app, dump, true);
    expect(rehearsal.dryRun).toBe(true);
    expect(await rows()).toEqual(before);
    expect((await login(anna)).status).toBe(400);
    const report = await importObjects(app, dump);
    expect({ ...rehearsal, dryRun: false }).toEqual(report);
    expect(importedOf(report)).toMatchObject({ user: 2, membership: 2 });
  });

  it('gives nothing of the source to a stranger of the same name or address', async () => {
    const here = await app.register('stranger');
    const dump = [
      user(6001, 'Stranger', { email: 'other@example.org' }),
      user(6002, 'somebody', { email: here.email.toUpperCase() }),
      user(6003, 'friend'),
      token('f'.repeat(40), ['Stranger']),
      organization(6001, 'strange', ['Stranger']),
      membership(6001, ['Stranger'], 6001, 'owner'),
      membership(6002, ['friend'], 6001, 'worker'),
    ];
    const report = await importObjects(app, dump);
    expect(reasonsOf(report)).toEqual([
      'skipped user Stranger: another account here has this name',
      'skipped user somebody: another account here has this e-mail address',
      'skipped token of Stranger: its account is not in the source, or is not imported',
      'changed organization strange: it has no owner: the account is not in the source, or is not imported',
      'skipped membership Stranger in strange: its account is not in the source, or is not imported',
    ]);
    expect(importedOf(report)).toEqual({ ...NOTHING, user: 1, organization: 1, membership: 1 });
    expect((await self(`Token ${'f'.repeat(40)}`)).status).toBe(401);
    expect((await self(here.authorization.Authorization)).body).toMatchObject({ id: here.id });
  });

  it('keeps ids that are free, gives others new ones, and goes on counting after them', async () => {
    const here = await app.register('counted');
    const dump = [
      user(here.id, 'moved'),
      user(7000, 'kept'),
      user(2_147_483_647, 'last'),
      organization(7000, 'movedorg', here.id),
      membership(7000, here.id, 7000, 'owner'),
    ];
    const report = await importObjects(app, dump);
    const ids = await Promise.all(['kept', 'last', 'moved'].map((name) => readUser(app.db, name)));

    const [kept, last, moved] = ids.map(({ id }) => id);
    expect(kept).toBe(7000);
    expect([last, moved].sort()).toEqual([7001, 7002]);
    expect(reasonsOf(report)).toEqual([
      `changed user moved: it gets the id ${moved}: ${here.id} is in use here or cannot be kept`,
      `changed user last: it gets the id ${last}: 2147483647 is in use here or cannot be kept`,
    ]);
    const { key } = (await login('moved')).json() as { key: string };
    const list = await app.send('/api/organizations', { headers: { Authorization: `Token ${key}` } });
    expect(list.json()).toMatchObject({ results: [{ id: 7000, owner: { id: moved } }] });
    expect((await app.register('nextone')).id).toBe(7003);
  });
});
