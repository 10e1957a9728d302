import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import { blocksOf } from '../support/document-blocks.js';
import { insertOrganization } from '../support/organization-rows.js';
import { installClients } from '../support/python.js';

/** What docs/access-tokens.md says of CVAT's clients, with clients that nobody changed. */

const DOCUMENT = 'access-tokens.md';
const bin = installClients();
let person: TestAccount;
let organization: number;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
  organization = await insertOrganization(app.db, 'research', person.id);
});

async function createToken(bound: boolean): Promise<string> {
  const answer = await app.send('/api/auth/access_tokens', {
    method: 'POST',
    headers: person.authorization,
    body: { name: 'client', organization: bound ? organization : null },
  });
  expect(answer.status).toBe(201);
  return (answer.json() as { value: string }).value;
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program of a block with the token in its environment, as the document has it. */
async function run(program: string, args: readonly string[], token: string): Promise<Ended> {
  const PATH = `${bin}:${process.env['PATH']}`;
  const env = { ...process.env, PATH, CVAT_ACCESS_TOKEN: token };
  try {
    return { code: 0, ...(await promisify(execFile)(program, args, { env, timeout: 60_000 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: unknown; stderr?: unknown };
    if (typeof code !== 'number') throw error;
    return { code, stdout: String(stdout), stderr: String(stderr) };
  }
}

describe.skipIf(bin === undefined)('docs/access-tokens.md', () => {
  const python = (token: string) => {
    const [block] = blocksOf(DOCUMENT).filter(({ language }) => language === 'python');
    const script = (block?.text ?? '').replace('http://localhost:8080', app.url);
    return run(path.join(bin ?? '', 'python'), ['-c', script], token);
  };

  it('has a program that the SDK runs with a token, in the organization and without one', async () => {
    const { code, stdout, stderr } = await python(await createToken(false));
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.trim().split('\n')).toEqual([person.username, person.username]);
  });

  it('has a program that ends where a bound token leaves its organization', async () => {
    const { code, stdout, stderr } = await python(await createToken(true));
    expect(stdout.trim().split('\n')).toEqual([person.username]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Status Code: 403')]);
  });

  it.each([
    ['any token', false],
    ['a token that is bound to the organization', true],
  ])('has a command that cvat-cli signs in with: %s', async (_what, bound) => {
    const [block] = blocksOf(DOCUMENT).filter(({ before }) => before === '<!-- test: cvat-cli -->');
    const { hostname, port } = new URL(app.url);
    const command = (block?.text ?? '')
      .replace('http://localhost', `http://${hostname}`)
      .replace('8080', port);
    const logged = app.logs.length;
    const { code, stderr } = await run('bash', ['-euc', command], await createToken(bound));
    const requests = app.logs
      .slice(logged)
      .map((line) => JSON.parse(line) as { msg: string; path: string; status: number; user: number | null })
      .filter(({ msg, path: at }) => msg === 'request' && at === '/api/server/about');
    expect(requests).toMatchObject([{ status: 200, user: person.id }]);
    // The address of CVAT's tasks, which are not here.
    expect([code, stderr]).toEqual([1, expect.stringContaining('CRITICAL: Status Code: 404')]);
  });
});
