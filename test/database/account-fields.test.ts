import { describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.js';
import { useServersBesideCvat } from '../support/beside-cvat.js';
import { hasPostgres, POSTGRES_HINT } from '../support/postgres-server.js';

/** Fields of accounts that newer releases of CVAT have columns for, before and after a CVAT adds them. */

const ORIGIN = 'alter table auth_user add column created_via varchar(32);';
/** As Django adds columns: with a value for the rows that are there, and then without a default. */
const surveyColumns = (list: string, empty: string): string =>
  [
    ['cvat_usage_reason', 'varchar(32)', "''"],
    ['primary_role', 'varchar(255)', "''"],
    ['planned_activities', list, empty],
    ['data_types', list, empty],
    ['discovery_source', 'varchar(255)', "''"],
  ]
    .map(
      ([column, type, value]) => `
        alter table engine_profile add column ${column} ${type} default ${value} not null;
        alter table engine_profile alter column ${column} drop default;`,
    )
    .join('');
const AS_JSON = surveyColumns('jsonb', "'[]'");
const AS_ARRAYS = surveyColumns('varchar(255)[]', "'{}'");

const ANSWERS = {
  cvat_usage_reason: 'academic_research',
  primary_role: 'Ornithologist',
  planned_activities: ['annotate_data'],
  data_types: ['images', 'birdsong'],
  discovery_source: '',
};

describe.skipIf(!hasPostgres)(`the fields of an account in 2.80 (${POSTGRES_HINT})`, () => {
  const { start, query } = useServersBesideCvat('2.62', { CVAT_VERSION: '2.80.0' });
  const row = async (text: string): Promise<unknown> => (await query(text))[0];
  const inCvat = () =>
    row(`
      select u.created_via, p.cvat_usage_reason, p.primary_role, to_jsonb(p.planned_activities) as planned_activities,
        to_jsonb(p.data_types) as data_types, p.discovery_source
      from engine_profile p join auth_user u on u.id = p.user_id where u.username = 'newcomer'`);
  const ours = () => row('select primary_role, data_types from auth_server_profiles');

  it.each([
    ['JSON', AS_JSON],
    ['arrays', AS_ARRAYS],
  ])('are in the columns of a CVAT that has them, lists as %s', async (_kind, columns) => {
    await query(ORIGIN + columns);
    const server = await start();
    const person = await server.register('newcomer');
    const headers = person.authorization;
    expect(await inCvat()).toMatchObject({
      created_via: 'registration',
      planned_activities: [],
      data_types: [],
    });
    const path = `/api/users/${person.id}`;
    const answer = await server.send(path, { method: 'PATCH', headers, body: ANSWERS });
    expect(answer.json()).toMatchObject({ ...ANSWERS, created_via: 'registration' });
    expect(await inCvat()).toEqual({ ...ANSWERS, created_via: 'registration' });
    // What CVAT changes is seen here.
    await query(`update engine_profile set primary_role = 'Pilot' where user_id = ${person.id}`);
    expect((await server.send('/api/users/self', { headers })).json()).toMatchObject({
      primary_role: 'Pilot',
    });
  });

  it('are kept in a table of ours for an account without a profile in CVAT', async () => {
    await query(AS_JSON);
    const server = await start();
    const person = await server.register('newcomer');
    const headers = person.authorization;
    await query(`delete from engine_profile where user_id = ${person.id}`);
    const path = `/api/users/${person.id}`;
    await server.send(path, { method: 'PATCH', headers, body: ANSWERS });
    expect((await server.send('/api/users/self', { headers })).json()).toMatchObject(ANSWERS);
  });

  it('are kept in a table of ours before, are still there after the upgrade, and move with the next answer', async () => {
    const server = await start();
    const person = await server.register('newcomer');
    const headers = person.authorization;
    const answer = (body: object, by: TestApp) =>
      by.send(`/api/users/${person.id}`, { method: 'PATCH', headers, body });
    await answer(ANSWERS, server);
    expect(await ours()).toEqual({ primary_role: 'Ornithologist', data_types: ['images', 'birdsong'] });
    await query(ORIGIN + AS_JSON);
    const upgraded = await start();
    const seen = await upgraded.send('/api/users/self', { headers });
    expect(seen.json()).toMatchObject({ ...ANSWERS, created_via: 'registration' });
    await answer({ primary_role: '' }, upgraded);
    expect(await inCvat()).toEqual({ ...ANSWERS, primary_role: '', created_via: null });
    expect(await ours()).toEqual({ primary_role: '', data_types: [] });
    expect((await upgraded.send('/api/users/self', { headers })).json()).toMatchObject({
      ...ANSWERS,
      primary_role: '',
    });
  });
});
