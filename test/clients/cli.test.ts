import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import { insertOrganization } from '../support/organization-rows.js';
import { installClients, type Ran, runCli } from '../support/python.js';

/**
 * The unmodified cvat-cli 2.62.0. It signs in, compares versions, and then works on tasks, projects and functions: all
 * of its commands end at an address that is not of this layer. What comes before must be right, and the end clear.
 */

const bin = installClients();
let person: TestAccount;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register('cliona');
  await insertOrganization(app.db, 'cli-org', person.id);
});

interface Line {
  readonly msg: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly user: number | null;
}

/** @returns what the command wrote, and what the server saw of it: method, path, status and user */
async function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  const before = app.logs.length;
  const { hostname, port } = new URL(app.url);
  const server = ['--server-host', `http://${hostname}`, '--server-port', port];
  const ran: Ran = await runCli(bin ?? '', [...server, ...args], env);
  const seen = app.logs
    .slice(before)
    .map((line) => JSON.parse(line) as Line)
    .filter(({ msg }) => msg === 'request')
    .map(({ method, path, status, user }) => [method, path, status, user]);
  return { ...ran, seen };
}

const COMMANDS: readonly [string, readonly string[], string, string][] = [
  ['task ls', ['task', 'ls'], 'GET', '/api/tasks'],
  ['ls, its old name', ['ls'], 'GET', '/api/tasks'],
  ['project ls', ['project', 'ls'], 'GET', '/api/projects'],
  ['task frames', ['task', 'frames', '1', '0'], 'GET', '/api/tasks/1'],
  ['project create', ['project', 'create', 'p', '--labels', '[{"name": "car"}]'], 'POST', '/api/projects'],
];

async function createAccessToken(): Promise<string> {
  const answer = await app.send('/api/auth/access_tokens', {
    method: 'POST',
    headers: person.authorization,
    body: { name: 'cli', read_only: false },
  });
  return (answer.json() as { value: string }).value;
}

describe.skipIf(bin === undefined)('cvat-cli 2.62.0', () => {
  describe.each(COMMANDS)('%s', (_name, args, method, path) => {
    it('signs in with --auth and PASS, finds its release, and learns that this is no server of tasks', async () => {
      const { code, stderr, seen } = await run(['--auth', person.username, ...args], {
        PASS: person.password,
      });
      expect(seen).toEqual([
        ['POST', '/api/auth/login', 200, person.id],
        ['GET', '/api/server/about', 200, person.id],
        [method, path, 404, null],
      ]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('CRITICAL: Status Code: 404')]);
      expect(stderr).not.toMatch(/not compatible|Traceback/);
    });

    it('comes in with CVAT_ACCESS_TOKEN as well', async () => {
      const { code, stderr, seen } = await run(args, { CVAT_ACCESS_TOKEN: await createAccessToken() });
      expect(seen).toEqual([
        ['GET', '/api/server/about', 200, person.id],
        [method, path, 404, null],
      ]);
      expect([code, stderr]).toEqual([1, expect.stringContaining('CRITICAL: Status Code: 404')]);
      expect(stderr).not.toMatch(/not compatible|Traceback/);
    });
  });

  it('signs in with an address, and with an organization', async () => {
    const { seen } = await run(['--auth', person.email, '--org', 'cli-org', 'task', 'ls'], {
      PASS: person.password,
    });
    expect(seen.slice(0, 2)).toEqual([
      ['POST', '/api/auth/login', 200, person.id],
      ['GET', '/api/server/about', 200, person.id],
    ]);
  });

  it.each([
    ['a wrong password', ['--auth', 'cliona'], { PASS: 'wrong' }, 'Status Code: 400', 'Unable to log in'],
    [
      'an unknown token',
      [],
      { CVAT_ACCESS_TOKEN: `cva00000.${'0'.repeat(32)}` },
      'Status Code: 401',
      'Invalid token.',
    ],
  ])('is told of %s, and asks for nothing after it', async (_what, options, env, status, text) => {
    const { code, stderr, seen } = await run([...options, 'task', 'ls'], env);
    expect(code).toBe(1);
    expect(stderr).toContain(status);
    expect(stderr).toContain(text);
    expect(seen.filter(([, , , user]) => user !== null)).toEqual([]);
  });
});
