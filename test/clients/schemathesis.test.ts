import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PASSWORD } from '../../src/features/api-docs/examples/people.js';
import type { ExampleRequest } from '../../src/platform/openapi/types.js';
import { buildWorld, credentialsOf, idOf } from '../api/docs/world.js';
import { createTestApp, type TestApp } from '../support/app.js';
import { installSchemathesis, runSchemathesis } from '../support/python.js';

/**
 * Schemathesis reads the document, asks each operation what the document allows and what it does not, follows ids from
 * one answer into the next request, and holds all answers against the document. The world is that of the examples, so
 * that the examples find what they name.
 */

const bin = installSchemathesis();
/** Always the same, so that a failure is one of the change that is tested; another one finds other things. */
const SEED = process.env['SCHEMATHESIS_SEED'] ?? '262';
const FOLDER = fileURLToPath(new URL('schemathesis', import.meta.url));

type Caller = Required<Pick<ExampleRequest, 'as' | 'by'>>;

const CALLERS: readonly { readonly name: string; readonly caller: Caller | undefined }[] = [
  { name: 'an administrator with an API token', caller: { as: 'admin', by: 'token' } },
  { name: 'a user with a personal access token', caller: { as: 'maria', by: 'access-token' } },
  { name: 'a user in a session', caller: { as: 'pablo', by: 'session' } },
  { name: 'nobody', caller: undefined },
];
/** Each takes a minute: usually only the one that gets furthest asks. CI has a step for all, with more examples. */
const asking = process.env['SCHEMATHESIS_TIMES'] === undefined ? CALLERS.slice(0, 1) : CALLERS;

/** Nothing counts requests, and mails have somewhere to go. */
const settings = (mails: string) => ({
  EMAIL_BACKEND: 'file',
  EMAIL_FILE_PATH: mails,
  LOGIN_FAILURES_PER_ADDRESS: '1000000/hour',
  LOGIN_FAILURES_PER_ACCOUNT: '1000000/hour',
  LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: '1000000/hour',
  MAIL_REQUESTS_PER_RECIPIENT: '1000000/hour',
  MAIL_REQUESTS_PER_CLIENT: '1000000/hour',
  MAIL_REQUESTS_PER_ORGANIZATION: '1000000/hour',
  CVAT_MAX_ACCESS_TOKENS_PER_USER: '-1',
});

/** What a caller lives by, and what is asked for in its place; the access token of a person has the person's id. */
const sparedOf = ({ as, by }: Caller) => ({
  '/api/users/{id}': { own: idOf(as), other: idOf('diego') },
  ...(by === 'access-token'
    ? { '/api/auth/access_tokens/{id}': { own: idOf(as), other: idOf('carla') } }
    : {}),
});

function credentialsOfPython({ Cookie, ...headers }: Readonly<Record<string, string>>) {
  if (Cookie === undefined) return { headers };
  return { headers, cookies: Object.fromEntries(Cookie.split('; ').map((pair) => pair.split('='))) };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'schemathesis-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function startWorld(): Promise<TestApp> {
  const app = await createTestApp({ env: settings(temporaryFolder()) });
  onTestFinished(() => app.close());
  await buildWorld(app);
  return app;
}

/** No second try, which would hide what the first has found. */
const LIMITS = { timeout: 300_000, retry: 0 };

describe.skipIf(bin === undefined)('schemathesis, with all checks', () => {
  it.each(asking)('finds no answer to $name that the document does not have', LIMITS, async ({ caller }) => {
    const app = await startWorld();
    const headers = await credentialsOf(app, caller ?? {});
    const { code, stdout, stderr } = await runSchemathesis(bin ?? '', app.url, {
      cwd: temporaryFolder(),
      hooks: FOLDER,
      seed: SEED,
      env: {
        PASSWORD,
        CREDENTIALS: JSON.stringify(caller === undefined ? null : credentialsOfPython(headers)),
        SPARED: JSON.stringify(caller === undefined ? {} : sparedOf(caller)),
      },
    });
    if (code !== 0) expect.fail(`${stdout}${stderr}`);
    expect(stdout).toMatch(/Selected: (\d+)\/\1\n +Tested: \1\n/);
    const { status } = await app.send('/api/users/self', { headers });
    expect(status, 'the caller is still who it was').toBe(caller === undefined ? 401 : 200);
  });
});
