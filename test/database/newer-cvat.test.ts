import { describe, expect, it } from 'vitest';
import { KNOWN_COLUMNS } from '../../src/platform/db/newer-columns.js';
import { useServersBesideCvat } from '../support/beside-cvat.js';
import { GROWTH } from '../support/cvat.js';
import { hasPostgres, POSTGRES_HINT } from '../support/postgres-server.js';

/** Databases of releases of CVAT that did not exist when this server was made. */

/** As Django adds a column: with a default for the rows that are there, and then without. */
const added = (table: string, column: string, type: string, value: string): string => `
  alter table ${table} add column ${column} ${type} default ${value} not null;
  alter table ${table} alter column ${column} drop default;`;

describe.skipIf(!hasPostgres)(`a CVAT whose tables have more columns (${POSTGRES_HINT})`, () => {
  const { start, query, cvat } = useServersBesideCvat('newer');
  const read = async (text: string): Promise<unknown> => (await query(text))[0];

  it('is one in which people register, sign in and have organizations, with neutral values', async () => {
    await cvat().client.query(
      [
        added('engine_profile', 'survey_role', 'varchar(64)', "'x'"),
        added('engine_profile', 'survey_tasks', 'jsonb', "'[]'"),
        added('engine_profile', 'survey_done', 'boolean', 'true'),
        added('engine_profile', 'survey_score', 'integer', '7'),
        added('engine_profile', 'survey_date', 'timestamp with time zone', 'now()'),
        added('engine_profile', 'survey_words', 'varchar(16)[]', "'{x}'"),
        // Not null by its type alone.
        'create domain grade as smallint not null check (value >= 0);',
        'alter table engine_profile add column survey_grade grade default 3;',
        'alter table engine_profile alter column survey_grade drop default;',
        added('auth_user', '"odd name"', 'text', "'x'"),
        added('organizations_organization', 'plan', 'varchar(16)', "'x'"),
        added('access_tokens_accesstoken', 'created_by', 'varchar(16)', "'x'"),
      ].join(''),
    );
    const server = await start();
    const person = await server.register('newcomer');
    const login = await server.send('/api/auth/login', {
      method: 'POST',
      body: { username: 'newcomer', password: person.password },
    });
    expect(login.status).toBe(200);
    const post = (path: string, body: object) =>
      server.send(path, { method: 'POST', headers: person.authorization, body });
    expect((await post('/api/organizations', { slug: 'newer' })).status).toBe(201);
    expect((await post('/api/auth/access_tokens', { name: 'x' })).status).toBe(201);
    expect(
      await read(`select survey_role, survey_tasks, survey_done, survey_score, survey_date is not null as dated,
          survey_words, survey_grade
        from engine_profile p join auth_user u on u.id = p.user_id where username = 'newcomer'`),
    ).toEqual({
      survey_role: '',
      survey_tasks: {},
      survey_done: false,
      survey_score: 0,
      dated: true,
      survey_words: [],
      survey_grade: 0,
    });
    // What was there before stays.
    expect(await read('select survey_role, survey_score from engine_profile order by id limit 1')).toEqual({
      survey_role: 'x',
      survey_score: 7,
    });
    const named = server.logs.find((line) => line.includes('Columns of a newer CVAT'));
    expect(JSON.parse(named ?? '{}')).toMatchObject({
      columns: expect.arrayContaining(['engine_profile.survey_role', 'auth_user.odd name']),
    });
  });

  it.each([
    ['refers to another table', 'integer', 'default 1 references auth_user (id)', '1'],
    ['has a type with nothing neutral', 'inet', "default '127.0.0.1'", ''],
  ])('is refused at the start with the name of the column if that %s', async (_what, type, rest) => {
    await cvat().client.query(
      `alter table engine_profile add column surprise ${type} ${rest} not null;
       alter table engine_profile alter column surprise drop default;`,
    );
    await expect(start()).rejects.toThrow(
      /^DATABASE_URL names a database of a newer CVAT, whose column engine_profile\.surprise /,
    );
  });

  it('may be in a schema whose name is written in capitals', async () => {
    const { rows } = await cvat().client.query<{ name: string }>('select current_database() as name');
    await cvat().client.query(
      `${added('engine_profile', 'survey_role', 'varchar(64)', "'x'")}
       alter schema public rename to "CVAT"; alter database ${rows[0]?.name} set search_path to "CVAT";`,
    );
    const server = await start();
    await server.register('newcomer');
    expect((await server.send('/readyz')).status).toBe(200);
  });

  it('is not changed a second time, and one of 2.62 not at all', async () => {
    await cvat().client.query(added('engine_profile', 'survey_role', 'varchar(64)', "'x'"));
    await start();
    const again = await start();
    expect(again.logs.some((line) => line.includes('Columns of a newer CVAT'))).toBe(false);
  });

  it('has in 2.62, and 2.74 in its table of growth data, the columns that this server knows, and no others', async () => {
    await cvat().client.query(GROWTH);
    const { rows } = await cvat().client.query<{ table_name: string; column_name: string }>(
      `select table_name, column_name from information_schema.columns
       where table_schema = 'public' and table_name = any($1) and is_nullable = 'NO' and column_default is null
         and is_identity = 'NO'`,
      [Object.keys(KNOWN_COLUMNS)],
    );
    const found = rows.map((row) => `${row.table_name}.${row.column_name}`).sort();
    const known = Object.entries(KNOWN_COLUMNS).flatMap(([table, columns]) =>
      columns.map((column) => `${table}.${column}`),
    );
    expect(found).toEqual(known.sort());
  });
});
