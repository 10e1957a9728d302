import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { runExport, runImport } from '../../../src/cli/actions/cvat-import.js';
import { loadConfig } from '../../../src/platform/config/load.js';
import type { Config } from '../../../src/platform/config/settings.js';
import { createDatabase } from '../../../src/platform/db/database.js';
import { createTestApp } from '../../support/app.js';
import {
  ACCESS_TOKENS,
  createCvatDatabase,
  HASHES,
  hasAccessTokens,
  PASSWORD,
  useCvatDatabase,
} from '../../support/cvat.js';
import { copyPreparedFolder } from '../../support/database.js';
import { DATA_FOLDER } from '../../support/folders.js';
import { readIdentities } from '../../support/identities.js';
import { createDatabaseOn } from '../../support/real-database.js';

const server = () => inject('services')?.database ?? '';
const after: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of after.splice(0).reverse()) await clean();
});

/** Settings of a server with an empty database. */
async function freshServer(kind: 'embedded' | 'PostgreSQL', more: Readonly<Record<string, string>> = {}) {
  if (kind === 'PostgreSQL') {
    const { url, drop } = await createDatabaseOn(server());
    after.push(drop);
    return { DATABASE_URL: url, ...more };
  }
  const folder = mkdtempSync(path.join(DATA_FOLDER, 'cvat-import-'));
  after.push(() => rmSync(folder, { recursive: true, force: true }));
  await copyPreparedFolder(folder);
  return { DATA_DIR: folder, ...more };
}

async function identitiesOf({ DATABASE_URL: url, DATA_DIR: dataDir }: Config) {
  const db = await createDatabase({ url, dataDir, poolSize: 1, timeout: 20_000, applicationName: 'test' });
  try {
    return await readIdentities(db);
  } finally {
    await db.close();
  }
}

describe.each(['2.15', '2.47', '2.62', 'newer'] as const)(
  'import cvat from the database of CVAT %s',
  (release) => {
    const cvat = useCvatDatabase(release);
    beforeAll(async () => {
      await cvat.client.query(`UPDATE "auth_user" SET "password" = $1 WHERE "password" LIKE '%aGFzaA=='`, [
        HASHES.django42,
      ]);
      if (hasAccessTokens(release))
        await cvat.client.query(`DELETE FROM "access_tokens_accesstoken" WHERE "hashed_key" = 'sha512$$00'`);
    });

    it.each(release === '2.62' ? (['embedded', 'PostgreSQL'] as const) : (['PostgreSQL'] as const))(
      'copies all of it into a fresh %s database, once, and leaves the source as it is',
      // The embedded one is opened for each step anew.
      { timeout: 240_000 },
      async (kind) => {
        const env = await freshServer(kind, { CVAT_DATABASE_URL: cvat.url });
        const config = loadConfig(env);
        const before = await readIdentities(cvat.client);
        const report = await runImport(config, {});
        const isOld = release === '2.15';
        expect(report.findings.map(({ effect, kind, item }) => `${effect} ${kind} ${item}`)).toEqual(
          isOld ? ['skipped group business'] : [],
        );
        expect(await readIdentities(cvat.client)).toEqual(before);
        const expected = JSON.parse(JSON.stringify(before).replaceAll('business', 'user')) as typeof before;
        expect(await identitiesOf(config)).toEqual(expected);
        expect((await runImport(config, {})).isUnchanged).toBe(true);

        const app = await createTestApp({ engines: 'embedded', env });
        after.push(() => app.close());
        const body = { username: 'argon2@example.org', password: PASSWORD };
        expect((await app.send('/api/auth/login', { method: 'POST', body })).status).toBe(200);
        if (hasAccessTokens(release)) {
          const headers = { Authorization: `Bearer ${ACCESS_TOKENS.pbkdf2.key}` };
          expect((await app.send('/api/users/self', { headers })).json()).toMatchObject({
            username: 'django42',
          });
        }
      },
    );
  },
);

describe('export', () => {
  it('writes what an import makes the same of in another database, also packed', async () => {
    const cvat = await createCvatDatabase(server(), '2.62');
    after.push(() => cvat.drop());
    await cvat.client.query(`UPDATE "django_site" SET "domain" = 'lab.example.org', "name" = 'Lab'`);
    const first = loadConfig(await freshServer('PostgreSQL', { CVAT_DATABASE_URL: cvat.url }));
    await runImport(first, {});
    const expected = await identitiesOf(first);
    for (const name of ['dump.json', 'dump.json.gz']) {
      const folder = mkdtempSync(path.join(tmpdir(), 'export-'));
      after.push(() => rmSync(folder, { recursive: true, force: true }));
      const file = path.join(folder, name);
      const exported = await runExport(first, { output: file, userModel: 'auth.user' });
      expect(exported.counts.user.exported).toBe(expected.users.length);
      expect(exported.counts.site.exported).toBe(1);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const second = loadConfig(await freshServer('embedded'));
      const report = await runImport(second, { fixture: file });
      expect(report.findings).toEqual([]);
      expect(report.counts.site.imported).toBe(1);
      expect(await identitiesOf(second)).toEqual(expected);
    }
  });
});

describe('export', () => {
  it('leaves out personal access tokens that are good for one organization only', async () => {
    const env = await freshServer('PostgreSQL');
    const app = await createTestApp({ env });
    after.push(() => app.close());
    const { authorization: headers } = await app.register('binder');
    const org = await app.send('/api/organizations', { method: 'POST', headers, body: { slug: 'bond' } });
    const { id: organization } = org.json() as { id: number };
    for (const body of [{ name: 'bound', organization }, { name: 'free' }])
      expect((await app.send('/api/auth/access_tokens', { method: 'POST', headers, body })).status).toBe(201);
    const folder = mkdtempSync(path.join(tmpdir(), 'export-'));
    after.push(() => rmSync(folder, { recursive: true, force: true }));
    const output = path.join(folder, 'dump.json');
    const report = await runExport(loadConfig(env), { output, userModel: 'iam.user' });
    expect(report).toMatchObject({ boundTokensLeftOut: 1, counts: { access_token: { exported: 1 } } });
    const objects = JSON.parse(readFileSync(output, 'utf8')) as {
      model: string;
      fields: { name?: string };
    }[];
    const names = objects
      .filter(({ model }) => model === 'access_tokens.accesstoken')
      .map(({ fields }) => fields.name);
    expect(names).toEqual(['free']);
    expect(objects.filter(({ model }) => model === 'iam.user')).toHaveLength(2);
  });
});

describe('import cvat', () => {
  it('refuses a database that is not one of CVAT, or is not there', async () => {
    const empty = await createDatabaseOn(server());
    after.push(empty.drop);
    const config = loadConfig(await freshServer('embedded'));
    await expect(runImport(config, { from: empty.url })).rejects.toThrow(
      'This is not a CVAT database: it has no table auth_group, auth_user, organizations_organization,',
    );
    await expect(runImport(config, { from: 'postgres://cvat:secret@127.0.0.1:1/cvat' })).rejects.toThrow(
      /^The database of the CVAT can't be read: (?!.*secret)/,
    );
    await expect(runImport(config, { from: 'mysql://x' })).rejects.toThrow(
      '--from is wrong: it must be a URL that starts with postgres://',
    );
    await expect(runImport(config, {})).rejects.toThrow('Say where from');
    await expect(runImport(config, { from: 'a', fixture: 'b' })).rejects.toThrow('not both');
  });
});
