import { expect, it } from 'vitest';
import { useTestApp } from '../../support/app.js';
import { useWorld } from '../../support/world.js';

const app = useTestApp();
const world = useWorld(app);

it('gives clients that start the lists they look for, in the shape of CVAT', async () => {
  const { status, body } = await world.nobody.get('/api/server/annotation/formats');
  expect(status).toBe(200);
  for (const list of [body['importers'], body['exporters']] as Record<string, unknown>[][]) {
    expect(list.length).toBeGreaterThan(0);
    for (const format of list) {
      expect(Object.keys(format)).toEqual(['name', 'ext', 'version', 'enabled', 'dimension']);
      expect(format).toMatchObject({ enabled: false, dimension: '2d' });
      expect(String(format['name']).endsWith(` ${String(format['version'])}`)).toBe(true);
    }
  }
});

it('has no shared files, for those who may look', async () => {
  for (const query of ['', '?directory=/', '?directory=&search=a']) {
    const answer = await world.stranger.send('GET', `/api/server/share${query}`);
    expect([answer.status, answer.body]).toEqual([200, []]);
  }
  const wrong = await world.stranger.send('GET', '/api/server/share?directory=../etc');
  expect([wrong.status, wrong.body]).toEqual([400, '../etc is an invalid directory']);
  expect((await world.nobody.send('GET', '/api/server/share')).status).toBe(403);
  expect((await app.send('/api/server/annotation/formats')).status).toBe(401);
});
