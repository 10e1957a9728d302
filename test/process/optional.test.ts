import path from 'node:path';
import { expect, it } from 'vitest';
import { createDatabase } from '../../src/platform/db/database.js';
import { HASHES, PASSWORD } from '../support/cvat.js';
import { insertUser } from '../support/rows.js';
import { AS_OPERATORS_DO, preparedFolder, SHORT_LIVED, send, startServer } from './server.js';

/** An install that has no package of this name: resolving it fails, as it does after `npm ci --omit=optional`. */
const without = (name: string): readonly string[] => {
  const hook = `export const resolve = (specifier, context, next) => {
    if (specifier.startsWith('${name}')) throw Object.assign(new Error('Cannot find ' + specifier), { code: 'ERR_MODULE_NOT_FOUND' });
    return next(specifier, context);
  };`;
  const url = `data:text/javascript,${encodeURIComponent(hook)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(url)});`;
  return ['--import', `data:text/javascript,${encodeURIComponent(register)}`];
};

it('without Argon2 the server starts, and refuses who needs it, with one line that says what to install', {
  timeout: 180_000,
}, async () => {
  const cwd = await preparedFolder();
  await addAccount(cwd, 'argon2', HASHES.argon2);
  const args = [...SHORT_LIVED, ...without('@node-rs/argon2'), ...AS_OPERATORS_DO];
  const env = { ADMIN_PASSWORD: PASSWORD };
  const logIn = (url: string, username: string) =>
    send(url, '/api/auth/login', { method: 'POST', body: { username, password: PASSWORD } });

  const server = await startServer({ cwd, args, env });
  expect((await logIn(server.url, 'admin')).status).toBe(200);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const answer = await logIn(server.url, 'argon2');
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ non_field_errors: ['Unable to log in with provided credentials.'] });
  }
  const warnings = server.log().filter(({ msg }) => msg.includes('@node-rs/argon2'));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({
    level: 40,
    msg: expect.stringContaining('npm install --include=optional'),
  });
  await server.stop();

  const whole = await startServer({ cwd, env });
  expect((await logIn(whole.url, 'argon2')).status).toBe(200);
});

/** Before a server opens the database. */
async function addAccount(cwd: string, username: string, password: string): Promise<void> {
  const db = await createDatabase({
    url: undefined,
    dataDir: path.join(cwd, 'data'),
    poolSize: 1,
    timeout: 30_000,
    applicationName: 'test',
  });
  await insertUser(db, { username, password });
  await db.close();
}
