import { describe, expect, it } from 'vitest';
import type { TestApp } from '../support/app.js';
import { useServersBesideCvat } from '../support/beside-cvat.js';
import { GROWTH, tokenOf } from '../support/cvat.js';
import { hasPostgres, POSTGRES_HINT } from '../support/postgres-server.js';

/** `/api/growth` in the database of a CVAT, which has a table for it since 2.74. */
describe.skipIf(!hasPostgres)(`/api/growth in a database of CVAT (${POSTGRES_HINT})`, () => {
  const { start, query, cvat } = useServersBesideCvat('newer', { CVAT_VERSION: '2.74.0' });
  const headers = { Authorization: `Token ${tokenOf('django42')}` };
  const list = async (server: TestApp) => {
    const answer = await server.send('/api/growth', { headers });
    return (answer.json() as { results: readonly { id: number }[] }).results;
  };
  const OURS = 'select user_id from auth_server_growth';
  const CVATS = `select user_id, github_prompt_shown_at, github_prompt_support_clicked,
    promotion_notifications_allowed from growth_usergrowthdata`;

  it('uses the table of CVAT, names all of its columns, and leaves its own alone', async () => {
    await query(GROWTH);
    const server = await start();
    const rows = await list(server);
    expect(rows).toEqual([expect.objectContaining({ id: 1, github_prompt_enabled: true })]);
    const [{ date_joined: joined } = {}] = (await query(
      `select date_joined from auth_user where id = ${cvat().ids.django42}`,
    )) as { date_joined?: Date }[];
    const row = {
      user_id: cvat().ids.django42,
      github_prompt_shown_at: joined,
      github_prompt_support_clicked: false,
      promotion_notifications_allowed: true,
    };
    expect(await query(CVATS)).toEqual([row]);
    const body = { github_prompt_support_clicked: true, promotion_notifications_allowed: false };
    const answer = await server.send('/api/growth/1', { method: 'PATCH', headers, body });
    expect([answer.status, answer.json()]).toEqual([200, expect.objectContaining({ id: 1, ...body })]);
    expect(await query(CVATS)).toEqual([{ ...row, ...body }]);
    expect(await query(OURS)).toEqual([]);
  });

  it('shows the rows that CVAT wrote', async () => {
    await query(GROWTH);
    await query(
      `insert into growth_usergrowthdata
         (id, github_prompt_shown_at, github_prompt_support_clicked, promotion_notifications_allowed, user_id)
       values (70, null, false, false, ${cvat().ids.django42})`,
    );
    expect(await list(await start())).toEqual([
      expect.objectContaining({
        id: 70,
        github_prompt_shown: false,
        github_prompt_enabled: false,
        promotion_notifications_allowed: false,
      }),
    ]);
  });

  it('never makes the table of CVAT, and goes over to it when CVAT has made it', async () => {
    const server = await start();
    const [own] = await list(server);
    expect(own).toMatchObject({ id: 1 });
    expect(await query(OURS)).toEqual([{ user_id: cvat().ids.django42 }]);
    expect(await query(`select to_regclass('growth_usergrowthdata') as found`)).toEqual([{ found: null }]);
    await query(`${GROWTH} alter sequence growth_usergrowthdata_id_seq restart with 30`);
    expect(await list(server)).toEqual([expect.objectContaining({ id: 30 })]);
    expect(await list(server)).toEqual([expect.objectContaining({ id: 30 })]);
  });

  it('removes the row with the account, of which the table of CVAT knows nothing itself', async () => {
    await query(GROWTH);
    const server = await start();
    await list(server);
    const path = `/api/users/${cvat().ids.django42}`;
    expect((await server.send(path, { method: 'DELETE', headers })).status).toBe(204);
    expect(await query(CVATS)).toEqual([]);
  });

  it('fills what a newer release asks of a row', async () => {
    await query(`${GROWTH}
      alter table growth_usergrowthdata add column survey_prompt_count integer not null`);
    expect(await list(await start())).toHaveLength(1);
    expect(await query('select survey_prompt_count from growth_usergrowthdata')).toEqual([
      { survey_prompt_count: 0 },
    ]);
  });
});
