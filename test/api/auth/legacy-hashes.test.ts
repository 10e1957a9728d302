import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from '../../support/app.js';
import { PASSWORD } from '../../support/cvat.js';
import { readUser, setPassword } from '../../support/rows.js';

const OLD = {
  md5: 'md5$seasalt$207cdd0df3d34e6f649fff0e99931436',
  sha1: 'sha1$seasalt$f1f44578b3fba45da8060bf5980e543e260d3a94',
  bcrypt: 'bcrypt$$2b$04$abcdefghijklmnopqrstuu.5JjNkqvKuUnk8ISjHf9O.8bPUwquTG',
};

async function open(env: Readonly<Record<string, string>>) {
  const app = await createTestApp({ env });
  for (const [format, hash] of Object.entries(OLD))
    await setPassword(app.db, (await app.register(`with${format}`)).id, hash);
  return app;
}
const login = (app: TestApp, format: string, password = PASSWORD) =>
  app.send('/api/auth/login', { method: 'POST', body: { username: `with${format}`, password } });
const said = ({ logs }: TestApp) => logs.filter((line) => line.includes('PASSWORD_HASHERS_EXTRA'));

describe('by default', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await open({});
  });
  afterAll(() => app.close());

  it.each(Object.keys(OLD))('nobody signs in with a password stored as %s', async (format) => {
    expect((await login(app, format)).status).toBe(400);
  });

  it('the log says nothing of old formats', () => {
    expect(said(app)).toEqual([]);
  });
});

describe('with PASSWORD_HASHERS_EXTRA=md5,sha1', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await open({ PASSWORD_HASHERS_EXTRA: 'md5,sha1' });
  });
  afterAll(() => app.close());

  it.each(['md5', 'sha1'] as const)(
    'a password stored as %s is good, and stored as bcrypt after that',
    async (format) => {
      expect((await login(app, format, `${PASSWORD}.`)).status).toBe(400);
      expect((await readUser(app.db, `with${format}`)).password).toBe(OLD[format]);
      expect((await login(app, format)).status).toBe(200);
      await expect
        .poll(async () => (await readUser(app.db, `with${format}`)).password)
        .toMatch(/^bcrypt_sha256\$\$2b\$/);
      expect((await login(app, format)).status).toBe(200);
    },
  );

  it('a format that is not named stays refused', async () => {
    expect((await login(app, 'bcrypt')).status).toBe(400);
  });

  it('the log says so at the start', () => {
    const lines = said(app).map((line): unknown => JSON.parse(line));
    expect(lines).toEqual([
      expect.objectContaining({ formats: ['md5', 'sha1'], msg: expect.stringContaining('md5, sha1') }),
    ]);
  });
});
