import { existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTestApp, useTestApp } from '../../support/app.js';

const app = useTestApp();

const PATH = '/api/server/health/';
const health = (accept?: string, query = '') =>
  app.send(PATH + query, { headers: accept === undefined ? {} : { Accept: accept } });

const ALL_WORKING =
  '{"Cache backend: default": "working", "Cache backend: media": "working", "DatabaseBackend": "working", ' +
  '"DatabaseBackend[default]": "working", "DiskUsage": "working", "MemoryUsage": "working", "OPAHealthCheck": "working"}';

describe('GET /api/server/health/', () => {
  it('answers the JSON of django-health-check, byte for byte', async () => {
    const answer = await health(undefined, '?format=json');
    expect(answer.text).toBe(ALL_WORKING);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('application/json');
  });

  it.each(['application/json', 'application/*', 'application/json, text/html;q=0.5'])(
    'is JSON for Accept %j',
    async (accept) => {
      expect((await health(accept)).text).toBe(ALL_WORKING);
    },
  );

  it.each([
    undefined,
    'text/html',
    '*/*',
    'text/*',
    'application/json;q=0.1, text/html',
    'text/html, application/json',
  ])('is a page for Accept %j', async (accept) => {
    const answer = await health(accept);
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.text).toContain('<td>OPAHealthCheck</td><td>working</td>');
  });

  it.each(['image/png', 'text/plain', 'application/xml', 'application/vnd.cvat+json'])(
    'is 406 for Accept %j',
    async (accept) => {
      const answer = await health(accept);
      expect(answer.status).toBe(406);
      expect(answer.text).toBe('Not Acceptable: Supported content types: text/html, application/json');
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    },
  );

  it('takes ?format=json over any Accept', async () => {
    expect((await health('image/png', '?format=json')).text).toBe(ALL_WORKING);
    expect((await health(undefined, '?format=xml')).headers['content-type']).toMatch(/^text\/html/);
  });

  it('is asked for as the user interface does', async () => {
    expect((await health('application/json, text/plain, */*', '?format=json&org=')).text).toBe(ALL_WORKING);
  });

  it('is kept by no cache and has expired when it leaves', async () => {
    app.clock.stop();
    const { headers } = await health(undefined, '?format=json');
    expect(headers['cache-control']).toBe('max-age=0, no-cache, no-store, must-revalidate, private');
    expect(headers.expires).toBe(new Date(app.clock.now()).toUTCString());
    app.clock.go();
  });

  it('asks nobody for credentials, not even for good ones', async () => {
    expect((await app.send(PATH, { headers: { Authorization: 'Token bad' } })).status).toBe(200);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'answers %s with the page of a failed CSRF check',
    async (method) => {
      const answer = await app.send(PATH, { method });
      expect(answer.status).toBe(403);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(answer.text).toContain('CSRF verification failed. Request aborted.');
    },
  );

  it('answers OPTIONS with its methods', async () => {
    const answer = await app.send(PATH, { method: 'OPTIONS' });
    expect(answer.status).toBe(200);
    expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS');
    expect(answer.text).toBe('');
  });

  it.each(['/api/server/health/database/', '/api/server/health/x'])(
    'has no subsets: %s is 404',
    async (path) => {
      expect((await app.send(path)).status).toBe(404);
    },
  );

  it('is 503 when a part is not well, and says which', async () => {
    const full = await createTestApp({ env: { CVAT_HEALTH_DISK_USAGE_MAX: '1' } });
    try {
      const answer = await full.send(`${PATH}?format=json`);
      expect(answer.status).toBe(503);
      const report = answer.json() as Record<string, string>;
      expect(report['DiskUsage']).toMatch(/^warning: \S+ \d+\.\d% disk usage exceeds 1%$/);
      expect(report['DatabaseBackend']).toBe('working');
    } finally {
      await full.close();
    }
  });
});

/** Percent of a disk that is used, as `df` computes it. */
function usageOf(folder: string): number {
  const { blocks, bfree, bavail } = statfsSync(folder);
  return (100 * (blocks - bfree)) / (blocks - bfree + bavail);
}

const OTHER_DISK = '/dev/shm';
/** Of the disk of this folder, and of another one. */
const [here, there] = [usageOf('.'), existsSync(OTHER_DISK) ? usageOf(OTHER_DISK) : usageOf('.')];
/** One of the two is below this limit, the other is not. */
const limit = Math.floor(Math.max(here, there));
const isBetween = Math.min(here, there) < limit - 1;
if (!isBetween)
  process.stdout.write(`${OTHER_DISK} is as full as the disk of this folder: a test of disks is skipped.\n`);

describe.skipIf(!isBetween)('DiskUsage', () => {
  it('is that of DATA_DIR, and not of the working folder', async () => {
    const folder = mkdtempSync(path.join(OTHER_DISK, 'health-'));
    const env = { DATA_DIR: path.join(folder, 'data'), CVAT_HEALTH_DISK_USAGE_MAX: String(limit) };
    const other = await createTestApp({ env });
    try {
      const { DiskUsage } = (await other.send(`${PATH}?format=json`)).json() as { DiskUsage: string };
      expect(DiskUsage.startsWith('warning')).toBe(there > here);
    } finally {
      await other.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
