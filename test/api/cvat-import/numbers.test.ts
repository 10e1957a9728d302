import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportCvat } from '../../../src/features/cvat-import/index.js';
import { type TestApp, useTestApp } from '../../support/app.js';
import { writeDump } from '../../support/fixture.js';
import { basicAuth } from '../../support/http.js';
import { importInto } from '../../support/imports.js';

/** The contact of an organization is any JSON: its numbers keep their digits on every way in and out. */

const first = useTestApp();
const second = useTestApp();
const folder = mkdtempSync(path.join(tmpdir(), 'export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CONTACT = '{"a":1.0,"b":12345678901234567890,"c":[100.0,-0.5],"__proto__":{"d":2.50}}';
/** As Python reads and writes it, in the order in which the database keeps keys. */
const KEPT = '{"a":1.0,"b":12345678901234567890,"c":[100.0,-0.5],"__proto__":{"d":2.5}}';
const DUMP = `[
  {"model": "organizations.organization", "pk": 70, "fields": {"slug": "digits", "name": "n", "description": "d",
    "created_date": "2024-03-04T05:06:07.891Z", "updated_date": "2024-03-04T05:06:07.891Z", "owner": null,
    "contact": ${CONTACT}}},
  {"model": "organizations.organization", "pk": 71, "fields": {"slug": "endless", "name": "n", "description": "d",
    "created_date": "2024-03-04T05:06:07.891Z", "updated_date": "2024-03-04T05:06:07.891Z", "owner": null,
    "contact": 1e999}},
  {"model": "engine.profile", "pk": 70, "fields": {"user": ["nobody"], "rating": 0.0}}
]`;

const contactIn = async (app: TestApp) => {
  const { username, password } = app.admin;
  const headers = { Authorization: basicAuth(username, password) };
  const { text } = await app.send('/api/organizations/70', { headers });
  return text.match(/"contact":(.*),"owner":/)?.[1];
};

describe('numbers in a contact', () => {
  it('are imported from a file, and what is no number of the database is left out', async () => {
    const report = await importInto(first, { kind: 'fixture', path: writeDump(DUMP) });
    expect(report.findings.map(({ item, reason }) => `${item}: ${reason}`)).toEqual([
      'object 2 of the file: contact: is nested too deeply, or holds what PostgreSQL cannot store',
      'of nobody: its account is not in the source, or is not imported',
    ]);
    expect(await contactIn(first)).toBe(KEPT);
  });

  it('are exported, and imported from a database', async () => {
    const output = path.join(folder, 'dump.json');
    await exportCvat({ source: first.container.engines.db, path: output, userModel: 'auth.user' });
    expect(readFileSync(output, 'utf8')).toContain(`"contact":${KEPT},`);
    await importInto(second, { kind: 'database', db: first.container.engines.db });
    expect(await contactIn(second)).toBe(KEPT);
  });
});
