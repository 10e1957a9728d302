import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { useSetUp } from '../support/hooks.js';
import { basicAuth } from '../support/http.js';
import { freePort } from '../support/services.js';
import {
  AS_OPERATORS_DO,
  failingServer,
  type OnEnd,
  preparedFolder,
  send,
  slowness,
  startServer,
  temporaryFolder,
  useSuiteEnd,
  VERSION,
} from './server.js';

const FIRST_START = 10_000;
const LATER_START = 3_000;
const PASSWORD_BLOCK = /The first administrator is "admin" with the password\n\n {4}(\S+)\n/;

/** Two lives of one server that was started on nothing, and what was seen of them: every start takes seconds. */
async function liveTwice(onEnd: OnEnd) {
  const cwd = temporaryFolder(onEnd);
  const before = slowness();
  const args = AS_OPERATORS_DO;
  const first = await startServer({ cwd, args, onEnd });
  const firstLimit = FIRST_START * Math.max(before, slowness());

  const [, password = ''] = PASSWORD_BLOCK.exec(first.output()) ?? [];
  const self = await send(first.url, '/api/users/self', {
    headers: { Authorization: basicAuth('admin', password) },
  });
  const metrics = await send(first.url, '/metrics');
  const readiness = await send(first.url, '/readyz');
  const rival = failingServer({ cwd });
  const afterRival = await send(first.url, '/readyz');
  const exitCode = await first.stop();

  const again = await startServer({ cwd, args, onEnd });
  const laterLimit = LATER_START * Math.max(before, slowness());
  await again.stop();
  return {
    cwd,
    first,
    again,
    exitCode,
    limits: { first: firstLimit, later: laterLimit },
    password,
    answers: { self, metrics, readiness, afterRival },
    rival,
  };
}

describe('the server, started on nothing', () => {
  const onEnd = useSuiteEnd();
  const lives = useSetUp(() => liveTwice(onEnd));

  it('is ready within ten seconds, later within three', () => {
    const { first, again, limits, exitCode } = lives();
    expect(first.startup).toBeLessThan(limits.first);
    expect(exitCode).toBe(0);
    expect(again.startup).toBeLessThan(limits.later);
  });

  it('says where it is, where its documentation is, and what it runs on', () => {
    const { first, answers } = lives();
    const { url } = first;
    expect(first.log().find(({ msg }) => msg.startsWith('Ready at'))).toMatchObject({
      msg: `Ready at ${url} (docs: ${url}/api/docs), database: embedded, sessions: in the database, policy: embedded`,
      url,
      docs: `${url}/api/docs`,
      version: VERSION,
      database: 'embedded',
      sessions: 'in the database',
      policy: 'embedded',
    });
    expect(answers.metrics.text).toContain(`\ncvat_auth_server_info{version="${VERSION}"} 1\n`);
    expect(answers.readiness.status).toBe(200);
    expect(answers.readiness.json()).toEqual({
      status: 'ok',
      database: 'ok',
      migrations: 'ok',
      redis: 'not used',
      policy: 'ok',
      rules: 'ok',
    });
  });

  it('shows the password of the first administrator once, and never in the log', () => {
    const { first, again, password, answers } = lives();
    expect(password).toMatch(/^[a-z2-9]{20}$/);
    expect(answers.self.json()).toMatchObject({ username: 'admin', is_superuser: true });
    expect(first.output().split(password)).toHaveLength(2);
    expect(JSON.stringify(first.log())).not.toContain(password);
    expect(again.output()).not.toMatch(/administrator|password/i);
  });

  it('names DATA_DIR when another server uses it, and leaves that one alone', () => {
    const { cwd, first, rival, answers } = lives();
    expect(rival.status).toBe(1);
    expect(rival.stderr).toBe(
      `The data folder ${cwd}/data is in use by process ${first.process.pid}: stop that one first, or set DATA_DIR to another folder.\n`,
    );
    expect(answers.afterRival.status).toBe(200);
  });
});

describe('what a server is given', () => {
  it('reads a secret from the file that NAME_FILE names, without the newline at its end', async () => {
    const cwd = await preparedFolder();
    const file = path.join(cwd, 'admin-password');
    writeFileSync(file, 'Wiesel-42-quarks\n');
    const { url } = await startServer({ cwd, env: { ADMIN_PASSWORD_FILE: file } });
    const headers = { Authorization: basicAuth('admin', 'Wiesel-42-quarks') };
    expect((await send(url, '/api/users/self', { headers })).status).toBe(200);
  });

  it('reads .env in its working folder, and puts the environment before it; shows no password that it was given', async () => {
    const cwd = await preparedFolder();
    const port = await freePort();
    writeFileSync(
      path.join(cwd, '.env'),
      'PUBLIC_URL=https://cvat.example.org\nADMIN_USERNAME=of-the-file\n',
    );
    const env = {
      ADMIN_USERNAME: 'of-the-environment',
      ADMIN_PASSWORD: 'Wiesel-42-quarks',
      PORT: String(port),
    };
    const { url, output } = await startServer({ cwd, env });
    expect(url).toBe('https://cvat.example.org');
    const answer = await send(`http://127.0.0.1:${port}`, '/api/users/self', {
      headers: {
        Authorization: basicAuth('of-the-environment', 'Wiesel-42-quarks'),
        Host: 'cvat.example.org',
      },
    });
    expect([answer.status, answer.json()]).toMatchObject([200, { username: 'of-the-environment' }]);
    expect(output()).not.toContain('Wiesel');
    expect(output()).not.toMatch(/administrator/i);
  });
});

describe('a start that can not succeed', () => {
  it('names the setting that is wrong, in one sentence', () => {
    expect(failingServer({ cwd: temporaryFolder(), env: { SESSION_COOKIE_AGE: 'soon' } })).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'SESSION_COOKIE_AGE is "soon": it must be a whole number from 1 to 31536000. Correct it in the environment or in .env.\n',
    });
  });

  it('does not repeat a secret that is wrong', () => {
    const { status, stderr } = failingServer({
      cwd: temporaryFolder(),
      env: { SECRET_KEY: 'too-short-to-sign' },
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SECRET_KEY is wrong: it must be at least 32 characters; .*\n$/);
    expect(stderr).not.toContain('too-short-to-sign');
  });

  it('refuses a secret that is given twice, and a file that can not be read', () => {
    const cwd = temporaryFolder();
    const twice = failingServer({
      cwd,
      env: { SECRET_KEY: 'x'.repeat(40), SECRET_KEY_FILE: path.join(cwd, 'absent') },
    });
    const absent = failingServer({ cwd, env: { SECRET_KEY_FILE: path.join(cwd, 'absent') } });
    expect([twice.status, absent.status]).toEqual([1, 1]);
    expect(twice.stderr).toBe('SECRET_KEY and SECRET_KEY_FILE are both set: keep one of them.\n');
    expect(absent.stderr).toBe(
      `SECRET_KEY_FILE names ${cwd}/absent, which can't be read: correct the path or its permissions.\n`,
    );
  });

  it('names PORT when somebody else has it', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    // It listens before it asks for this database.
    const env = { PORT: String(port), DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' };
    const { status, stderr } = failingServer({ cwd: temporaryFolder(), env });
    other.close();
    expect(status).toBe(1);
    expect(stderr).toBe(
      `PORT ${port} is in use on 127.0.0.1: stop the program that has it, or set PORT to another one.\n`,
    );
  });

  it('wants real services for several workers', () => {
    const { status, stderr } = failingServer({ cwd: temporaryFolder(), env: { WEB_CONCURRENCY: '2' } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^WEB_CONCURRENCY is 2: .*DATABASE_URL and REDIS_URL.*\n$/);
  });
});
