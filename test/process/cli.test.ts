import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_CVAT_VERSION } from '../../src/kernel/cvat-release.js';
import { codeAt } from '../support/factor-actions.js';
import { basicAuth, createBrowser, send } from '../support/http.js';
import { type PostgresServer, startPostgres } from '../support/postgres-server.js';
import { missingServices, onPath } from '../support/programs.js';
import { freePort, type Service, startRedis } from '../support/services.js';
import { reply, startMailServer } from '../unit/platform/mail/mail-server.js';
import { type Command, type Result, runAtTerminal, runCli } from './cli.js';
import { preparedFolder, startServer, temporaryFolder, VERSION } from './server.js';

const PASSWORD = 'Wiesel-42-quarks';
const NEW = 'Otter-43-leptons';
const GENERATED = /[a-km-np-z2-9]{20}/;

const LINE = (pattern: string): RegExp => new RegExp(`^${pattern}\n$`);

/** Done: 0, and nothing but the result. */
const expectDone = ({ status, stdout, stderr }: Result): string => {
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
};

const jsonOf = (result: Result): unknown => JSON.parse(expectDone(result));

describe('the command line', () => {
  it('ends with 0 when it helps, and with 2 when the command itself is wrong', async () => {
    const asked = (...args: readonly string[]) => runCli(args, { cwd: '/' });
    const [help, nothing, wrong] = await Promise.all([
      asked('--help'),
      asked(),
      asked('user', 'create', 'anna1', '--password', PASSWORD),
    ]);
    for (const name of ['user', 'session', 'migrate', 'mail', 'config', 'ldap'])
      expect(expectDone(help)).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(nothing).toEqual({ status: 2, stdout: '', stderr: help.stdout });
    expect(wrong).toEqual({ status: 2, stdout: '', stderr: "error: unknown option '--password'\n" });
  });

  it('tells the release of this server, and not the one of CVAT', async () => {
    expect(expectDone(await runCli(['--version'], { cwd: '/' }))).toBe(`${VERSION}\n`);
    expect(VERSION).not.toBe(DEFAULT_CVAT_VERSION);
  });

  it('checks settings: 0 for good ones, 1 and a sentence for what would stop the start', async () => {
    const check = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
      runCli(['config', 'check', ...args], { cwd: '/', env });
    const [good, json, bad, missing, odd, away] = await Promise.all([
      check({ DATABASE_URL: 'postgres://db.invalid/x' }),
      check({}, '--json'),
      check({ EMAIL_BACKEND: 'file' }),
      check({ DATABASE_URL: 'postgres://db.invalid/x?sslrootcert=/nowhere/ca.pem' }),
      check({ ALOWED_HOSTS: 'x' }),
      check({ OPA_URL: 'http://127.0.0.1:9' }, '--connect'),
    ]);
    expect(expectDone(good)).toBe('The settings are valid.\n');
    expect(jsonOf(json)).toEqual({ ok: true, warnings: [] });
    expect(missing).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^DATABASE_URL names \/nowhere/),
    });
    expect(expectDone(odd)).toBe(
      'ALOWED_HOSTS is no setting and has no effect: did you mean ALLOWED_HOSTS?\nThe settings are valid.\n',
    );
    expect(away).toEqual({
      status: 1,
      stdout: expect.stringMatching(/^policy +failed +OPA_URL can't be used: nothing listens/m),
      stderr: '',
    });
    expect(bad).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^EMAIL_BACKEND is file: set EMAIL_FILE_PATH [^\n]+\.\n$/),
    });
  });
});

describe('mail test', () => {
  const closing: (() => Promise<void>)[] = [];
  afterAll(() => Promise.all(closing.map((close) => close())));
  const start = async (options?: Parameters<typeof startMailServer>[0]) => {
    const server = await startMailServer(options);
    closing.push(server.close);
    return server;
  };

  it('sends a mail and says how far it came: 0 when it was taken, 1 and the reason when not', async () => {
    const good = await start();
    const strict = await start({
      onRcptTo: (_address, _session, done) => done(reply(550, '5.1.1 no such user')),
    });
    const test = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
      runCli(['mail', 'test', '--to', 'ann@example.net', ...args], { cwd: '/', env });
    const [taken, refused, console, nobody, list] = await Promise.all([
      test({ EMAIL_URL: `smtp://127.0.0.1:${good.port}`, DEFAULT_FROM_EMAIL: 'noreply@example.org' }),
      test({ EMAIL_URL: `smtp://127.0.0.1:${strict.port}` }, '--json'),
      test({}, '--json'),
      test({ DATABASE_URL: 'postgres://db.invalid/x' }),
      test({ EMAIL_URL: `smtp://127.0.0.1:${good.port}` }, '--to', 'a@example.net, b@example.net'),
    ]);

    expect(expectDone(taken)).toMatch(
      /^resolve +passed\n(.+\n)*message +passed\n127\.0\.0\.1:\d+ took the mail, .*\n$/,
    );
    expect(good.mails).toMatchObject([{ from: 'noreply@example.org', recipients: ['ann@example.net'] }]);

    expect({ ...refused, stdout: JSON.parse(refused.stdout) }).toMatchObject({
      status: 1,
      stderr: '',
      stdout: { ok: false, sentence: 'The server refuses the recipient, it said "550 5.1.1 no such user".' },
    });

    expect(console).toMatchObject({ status: 0, stderr: expect.stringContaining('To: ann@example.net\n') });
    expect(JSON.parse(console.stdout)).toMatchObject({
      ok: true,
      sentence: 'Mails are only written to the console: nobody receives them.',
    });

    expect({ ...nobody, stdout: nobody.stdout.split('\n')[1] }).toEqual({
      status: 1,
      stderr: '',
      stdout: expect.stringMatching(/^No mail server is configured: set EMAIL_URL/),
    });
    expect({ ...list, stdout: list.stdout.split('\n').at(-2) }).toEqual({
      status: 1,
      stderr: '',
      stdout: 'The recipient is not an e-mail address of one mailbox.',
    });
  });
});

describe('on the embedded database', { timeout: 180_000 }, () => {
  it('makes accounts of which the server knows, and waits until it has stopped', async () => {
    const command: Command = { cwd: await preparedFolder() };
    // The first one has to make the administrator, and shows their password beside its result.
    const { status, stdout, stderr } = await runCli(['user', 'list', '--json'], command);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([{ username: 'admin', isSuperuser: true }]);
    expect(stderr).toMatch(LINE(`The administrator "admin" was created: ${GENERATED.source}`));
    const piped = { ...command, input: `${PASSWORD}\nnot this line\n` };
    expect(expectDone(await runCli(['user', 'create', 'anna1', '--email', 'a@example.org'], piped))).toMatch(
      /^\d+\tanna1\ta@example.org\tuser\tactive\n$/,
    );

    const server = await startServer(command);
    const self = () =>
      send(server.url, '/api/users/self', { headers: { Authorization: basicAuth('anna1', PASSWORD) } });
    expect((await self()).json()).toMatchObject({ username: 'anna1', email: 'a@example.org' });
    const refused = await runCli(['user', 'deactivate', 'anna1'], command);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toMatch(/^[^\n]*is in use[^\n]*\.\n$/);
    expect((await self()).status).toBe(200);
    expect(await server.stop()).toBe(0);

    expect(expectDone(await runCli(['user', 'deactivate', 'anna1'], command))).toContain('\tinactive');
  });
});

describe.skipIf(missingServices().length > 0)('beside a server on PostgreSQL and Redis', () => {
  let database: PostgresServer;
  let redis: Service;
  let command: Command;
  let migrated: Result;
  beforeAll(async () => {
    [database, redis] = await Promise.all([startPostgres(), startRedis()]);
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      ADMIN_PASSWORD: PASSWORD,
      SECRET_KEY: 'the-command-line-and-the-server-share-it',
      PUBLIC_URL: 'https://cvat.example.org',
    };
    command = { cwd: '/tmp', env };
    migrated = await runCli(['migrate', '--json'], command);
  });
  afterAll(async () => {
    await Promise.all([database.remove(), redis.stop()]);
  });

  const run = (args: readonly string[], input?: string): Promise<Result> =>
    runCli(args, input === undefined ? command : { ...command, input });

  const accounts = async (): Promise<readonly unknown[]> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query('select * from auth_user order by id').finally(() => client.end());
    return rows;
  };

  it('brings the tables up to date, and says which steps it took', async () => {
    const { applied } = jsonOf(migrated) as { applied: readonly string[] };
    expect(applied.length).toBeGreaterThan(5);
    expect(expectDone(await run(['migrate']))).toBe('Nothing to do.\n');
  });

  it('ends sessions, shuts accounts and lets them in again while the server runs, and needs no Redis', {
    timeout: 120_000,
  }, async () => {
    await run(['user', 'create', 'bert1'], `${PASSWORD}\n`);
    // Its ready line names PUBLIC_URL.
    const { PUBLIC_URL: _, ...env } = command.env ?? {};
    const server = await startServer({ ...command, env });
    const browser = createBrowser(server.url);
    const logIn = (password: string) =>
      browser.send('/api/auth/login', { method: 'POST', body: { username: 'bert1', password } });
    const whoAmI = async () => (await browser.send('/api/users/self')).status;
    const { key } = (await logIn(PASSWORD)).json() as { key: string };
    const byToken = async () =>
      (await send(server.url, '/api/users/self', { headers: { Authorization: `Token ${key}` } })).status;
    expect([await whoAmI(), await byToken()]).toEqual([200, 200]);

    const withoutRedis = { ...command.env, REDIS_URL: `redis://127.0.0.1:${await freePort()}/0` };
    const ended = await runCli(['session', 'end', '--user', 'bert1'], { ...command, env: withoutRedis });
    expect(expectDone(ended)).toBe('The sessions of "bert1" are over.\n');
    expect([await whoAmI(), await byToken()]).toEqual([401, 200]);

    await logIn(PASSWORD);
    expect(jsonOf(await run(['user', 'deactivate', 'bert1', '--json']))).toMatchObject({ isActive: false });
    expect([await whoAmI(), await byToken(), (await logIn(PASSWORD)).status]).toEqual([401, 401, 400]);
    expect(expectDone(await run(['user', 'activate', 'bert1']))).toContain('\tactive');
    expect([await whoAmI(), await byToken()]).toEqual([401, 401]);

    const changed = await run(['user', 'set-password', 'bert1'], `${NEW}\r\n`);
    expect(expectDone(changed)).not.toContain(NEW);
    expect([(await logIn(PASSWORD)).status, (await logIn(NEW)).status]).toEqual([400, 200]);
    expect(expectDone(await run(['user', 'make-admin', 'bert1']))).toMatch(/\tactive\tsuperuser\n$/);
    expect((await browser.send('/api/users/self')).json()).toMatchObject({ is_superuser: true });
  });

  it('generates a password, shows it once, and lets it in', async () => {
    const created = jsonOf(await run(['user', 'create', 'carl1', '--admin', '--generate', '--json'])) as {
      password: string;
    };
    expect(created).toMatchObject({ username: 'carl1', groups: ['admin'], isSuperuser: true });
    expect(created.password).toMatch(GENERATED);
    const again = expectDone(await run(['user', 'set-password', 'carl1', '--generate']));
    const [, password = ''] = /\npassword: (\S+)\n$/.exec(again) ?? [];
    expect(password).toMatch(GENERATED);
    expect(password).not.toBe(created.password);
    const shown = await run(['user', 'show', 'carl1', '--json']);
    expect(jsonOf(shown)).toMatchObject({ username: 'carl1', email: '', isActive: true });
    expect(shown.stdout).not.toMatch(/password|bcrypt/);
  });

  it.skipIf(onPath('script').every((file) => !existsSync(file)))(
    'asks for a password at a terminal and does not show it',
    async () => {
      const { status, stdout } = await runAtTerminal(['user', 'create', 'ella1'], PASSWORD, command);
      expect({ status, stdout }).toEqual({
        status: 0,
        stdout: expect.stringMatching(/^Password: \s+\d+\tella1\t-\tuser\tactive\r\n$/),
      });
    },
  );

  it('prints a reset link below PUBLIC_URL', async () => {
    expect(expectDone(await run(['user', 'reset-link', 'admin']))).toMatch(
      LINE('https://cvat\\.example\\.org/auth/password/reset/confirm\\?uid=1&token=\\S{39}'),
    );
    expect(jsonOf(await run(['user', 'reset-link', 'admin', '--json']))).toEqual({
      link: expect.stringContaining('/auth/password/reset/confirm?uid='),
    });
  });

  it('lets an administrator in again who lost their second factor, and logs that', {
    timeout: 120_000,
  }, async () => {
    await run(['user', 'create', 'frida1', '--admin'], `${PASSWORD}\n`);
    const factors = (...args: readonly string[]) => run(['user', 'factors', ...args]);
    expect(expectDone(await factors('show', 'frida1'))).toBe(
      'authenticator app: none\nrecovery codes left: 0\nsecurity keys and passkeys: none\n',
    );
    expect(jsonOf(await factors('reset', 'frida1', '--json'))).toEqual({ reset: false });

    const { PUBLIC_URL: _, ...env } = command.env ?? {};
    const server = await startServer({ ...command, env: { ...env, MFA_REQUIRED: 'admins' } });
    const browser = createBrowser(server.url);
    const post = (path: string, body: object) => browser.send(path, { method: 'POST', body });
    const logIn = async () =>
      (await post('/api/auth/login', { username: 'frida1', password: PASSWORD })).status;
    expect([await logIn(), (await post('/api/auth/login/code', {})).status]).toEqual([400, 200]);
    const { secret } = (await post('/api/auth/factors/totp', {})).json() as { secret: string };
    await post('/api/auth/factors/totp/confirm', { code: codeAt(secret, Date.now()) });
    const whoAmI = async () => (await browser.send('/api/users/self')).status;
    expect(await whoAmI()).toBe(200);
    expect(jsonOf(await factors('show', 'frida1', '--json'))).toEqual({
      totp_since: expect.stringMatching(/^\d{4}-/),
      recovery_codes: 10,
      keys: [],
    });

    const { status, stdout, stderr } = await factors('reset', 'frida1');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'The second factors are removed.\n' });
    expect(JSON.parse(stderr)).toMatchObject({ event: 'factor.reset', way: 'command-line' });
    // The password is enough for what is left to do: setting up another factor.
    expect([await whoAmI(), await logIn(), (await post('/api/auth/login/code', {})).status]).toEqual([
      401, 400, 200,
    ]);
    expect([await whoAmI(), (await browser.send('/api/auth/factors')).status]).toEqual([403, 200]);
    expect(await server.stop()).toBe(0);
  });

  it('ends with 1 and a sentence when it can not be done, and leaves everything as it was', async () => {
    const before = await accounts();
    const refusals: readonly (readonly [readonly string[], string, string])[] = [
      [['user', 'show', 'nobody1'], '', 'There is no account "nobody1".'],
      [['session', 'end', '--user', 'nobody1'], '', 'There is no account "nobody1".'],
      [['user', 'create', 'Admin'], PASSWORD, 'username: A user with that username already exists.'],
      [['user', 'create', 'dora1'], '12345', 'password: This password is too short.'],
      [['user', 'create', 'dora1'], '', 'No password was given: type one, or pipe it in.'],
      [['user', 'set-password', 'admin'], '\n', 'No password was given: type one, or pipe it in.'],
      [['user', 'create', 'dora1', '--email', 'x'], PASSWORD, 'email: Enter a valid email address.'],
    ];
    const results = await Promise.all(refusals.map(([args, input]) => run(args, input)));
    for (const [index, { status, stdout, stderr }] of results.entries()) {
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^[^\n]+\.\n$/);
      expect(stderr).toContain(refusals[index]?.[2]);
    }
    expect(await accounts()).toEqual(before);
  });

  it('ends with 1 and a sentence when the database is not there', async () => {
    const env = { ...command.env, DATABASE_URL: `postgres://127.0.0.1:${await freePort()}/cvat` };
    for (const args of [['user', 'list'], ['migrate']]) {
      const { status, stdout, stderr } = await runCli(args, { ...command, env });
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toMatch(/^[^\n]+\.\n$/);
    }
  });

  it('reads settings and secrets from .env and files, never from arguments', async () => {
    const cwd = temporaryFolder();
    writeFileSync(path.join(cwd, 'database'), `${database.url}\n`);
    writeFileSync(path.join(cwd, '.env'), `DATABASE_URL_FILE=${path.join(cwd, 'database')}\n`);
    const { SECRET_KEY = '' } = command.env ?? {};
    const list = jsonOf(await runCli(['user', 'list', '--json'], { cwd, env: { SECRET_KEY } }));
    expect(list).toMatchObject([{ username: 'admin' }, {}, {}, {}, {}]);
  });
});
