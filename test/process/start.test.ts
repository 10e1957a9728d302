import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { basicAuth } from '../support/http.js';
import {
  failingServer,
  residentMegabytes,
  send,
  slowness,
  startServer,
  temporaryFolder,
  VERSION,
} from './server.js';

const FIRST_START = 10_000;
const LATER_START = 3_000;
const IDLE_MEGABYTES = 450;
const PASSWORD_BLOCK = /The first administrator is "admin" with the password\n\n {4}(\S+)\n/;

const settle = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('the server, started on nothing', () => {
  it('is ready within ten seconds, later within three, and idles in little memory', {
    timeout: 180_000,
  }, async () => {
    const cwd = temporaryFolder();
    const before = slowness();
    const first = await startServer({ cwd });
    expect(first.startup).toBeLessThan(FIRST_START * Math.max(before, slowness()));
    await settle(2000);
    expect(residentMegabytes(first.process)).toBeLessThan(IDLE_MEGABYTES);
    expect(await first.stop()).toBe(0);

    const again = await startServer({ cwd });
    expect(again.startup).toBeLessThan(LATER_START * Math.max(before, slowness()));
    await settle(2000);
    expect(residentMegabytes(again.process)).toBeLessThan(IDLE_MEGABYTES);
  });

  it('says where it is, where its documentation is, and what it runs on', async () => {
    const { url, log } = await startServer({ cwd: temporaryFolder() });
    expect(log().find(({ msg }) => msg.startsWith('Ready at'))).toMatchObject({
      msg: `Ready at ${url} (docs: ${url}/api/docs), database: embedded, sessions: in the database, policy: embedded`,
      url,
      docs: `${url}/api/docs`,
      version: VERSION,
      database: 'embedded',
      sessions: 'in the database',
      policy: 'embedded',
    });
    expect((await send(url, '/metrics')).text).toContain(`\ncvat_auth_server_info{version="${VERSION}"} 1\n`);
    const answer = await send(url, '/readyz');
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      status: 'ok',
      database: 'ok',
      migrations: 'ok',
      redis: 'not used',
      policy: 'ok',
      rules: 'ok',
    });
  });

  it('shows the password of the first administrator once, and never in the log', {
    timeout: 90_000,
  }, async () => {
    const cwd = temporaryFolder();
    const first = await startServer({ cwd });
    const [, password = ''] = PASSWORD_BLOCK.exec(first.output()) ?? [];
    expect(password).toMatch(/^[a-z2-9]{20}$/);
    const answer = await send(first.url, '/api/users/self', {
      headers: { Authorization: basicAuth('admin', password) },
    });
    expect(answer.json()).toMatchObject({ username: 'admin', is_superuser: true });
    await first.stop();
    expect(first.output().split(password)).toHaveLength(2);
    expect(JSON.stringify(first.log())).not.toContain(password);

    const again = await startServer({ cwd });
    expect(again.output()).not.toMatch(/administrator|password/i);
  });

  it('reads a secret from the file that NAME_FILE names, without the newline at its end', async () => {
    const cwd = temporaryFolder();
    const file = path.join(cwd, 'admin-password');
    writeFileSync(file, 'Wiesel-42-quarks\n');
    const { url } = await startServer({ cwd, env: { ADMIN_PASSWORD_FILE: file } });
    const headers = { Authorization: basicAuth('admin', 'Wiesel-42-quarks') };
    expect((await send(url, '/api/users/self', { headers })).status).toBe(200);
  });

  it('reads .env in its working folder, and puts the environment before it', async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      path.join(cwd, '.env'),
      'PUBLIC_URL=https://cvat.example.org\nADMIN_USERNAME=of-the-file\n',
    );
    const { url, output } = await startServer({ cwd, env: { ADMIN_USERNAME: 'of-the-environment' } });
    expect(url).toBe('https://cvat.example.org');
    expect(output()).toContain('The first administrator is "of-the-environment"');
  });

  it('shows no password that it was given', async () => {
    const { url, output } = await startServer({
      cwd: temporaryFolder(),
      env: { ADMIN_PASSWORD: 'Wiesel-42-quarks' },
    });
    const answer = await send(url, '/api/users/self', {
      headers: { Authorization: basicAuth('admin', 'Wiesel-42-quarks') },
    });
    expect(answer.status).toBe(200);
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
    const { status, stderr } = failingServer({ cwd: temporaryFolder(), env: { PORT: String(port) } });
    other.close();
    expect(status).toBe(1);
    expect(stderr).toBe(
      `PORT ${port} is in use on 127.0.0.1: stop the program that has it, or set PORT to another one.\n`,
    );
  });

  it('names DATA_DIR when another server uses it, and leaves that one alone', {
    timeout: 90_000,
  }, async () => {
    const cwd = temporaryFolder();
    const first = await startServer({ cwd });
    const { status, stderr } = failingServer({ cwd });
    expect(status).toBe(1);
    expect(stderr).toBe(
      `The data folder ${cwd}/data is in use by process ${first.process.pid}: stop that one first, or set DATA_DIR to another folder.\n`,
    );
    expect((await send(first.url, '/readyz')).status).toBe(200);
  });

  it('wants real services for several workers', () => {
    const { status, stderr } = failingServer({ cwd: temporaryFolder(), env: { WEB_CONCURRENCY: '2' } });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^WEB_CONCURRENCY is 2: .*DATABASE_URL and REDIS_URL.*\n$/);
  });
});
