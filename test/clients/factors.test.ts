import { beforeAll, describe, expect, it } from 'vitest';
import { useTestApp } from '../support/app.js';
import { type Enrolled, factorActions } from '../support/factor-actions.js';
import { installClients, runCli, runPython } from '../support/python.js';

/** Unmodified clients of CVAT, in an account with a second factor: none of them knows of such a thing. */

const PUBLIC_URL = 'https://cvat.example.org';
const app = useTestApp({ env: { PUBLIC_URL } });
const { enrol, nextCode } = factorActions(app);

const IMPORTS = `
import json, sys
from cvat_sdk import make_client
from cvat_sdk.api_client import exceptions
from cvat_sdk.core.client import AccessTokenCredentials, Client
url, name, secret = sys.argv[1:]
`;
const REFUSED = `Enter your password followed by the six digits of your authenticator app, or [enter the code here](${PUBLIC_URL}/account/sign-in?step=code).`;

describe.each(['2.62.0', '2.80.0'] as const)('In an account with a second factor, release %s', (release) => {
  const bin = installClients(release);
  let person: Enrolled;
  let token: string;
  beforeAll(async () => {
    person = await enrol();
    const answer = await person.browser.send('/api/auth/access_tokens', {
      method: 'POST',
      body: { name: 'clients', read_only: false },
    });
    token = (answer.json() as { value: string }).value;
  });

  const ask = (script: string, secret: string) =>
    runPython(bin ?? '', IMPORTS + script, [app.url, person.account.username, secret]);

  /** Asks for tasks, which this server does not have. Before that, the command finds out who it is. */
  const list = async (auth: readonly string[], env: Readonly<Record<string, string>>) => {
    const { hostname, port } = new URL(app.url);
    const before = app.logs.length;
    const args = ['--server-host', `http://${hostname}`, '--server-port', port, ...auth, 'task', 'ls'];
    const { stderr } = await runCli(bin ?? '', args, env);
    const seen = app.logs
      .slice(before)
      .map((line) => JSON.parse(line) as { path?: string; user?: number | null });
    return {
      stderr,
      isSignedIn:
        seen.some(({ user }) => typeof user === 'number') && seen.some(({ path }) => path === '/api/tasks'),
    };
  };

  const password = (): string => person.account.password;
  const both = (): string => password() + nextCode(person.secret);

  it.skipIf(bin === undefined)('of cvat-sdk signs in with password and code in one field', async () => {
    const script = `
with make_client(url, credentials=(name, secret)) as client:
    print(json.dumps(client.users.retrieve_current_user().username))
`;
    expect(await ask(script, both())).toBe(person.account.username);
  });

  it.skipIf(bin === undefined)('of cvat-sdk is told what to do by a password alone', async () => {
    const script = `
try:
    make_client(url, credentials=(name, secret))
    print('null')
except exceptions.ApiException as error:
    print(json.dumps([error.status, json.loads(error.body)]))
`;
    expect(await ask(script, password())).toEqual([400, { non_field_errors: [REFUSED] }]);
  });

  it.skipIf(bin === undefined)('of cvat-sdk comes in with a personal access token', async () => {
    const script = `
client = Client(url)
client.login(AccessTokenCredentials(secret))
print(json.dumps(client.users.retrieve_current_user().username))
`;
    expect(await ask(script, token)).toBe(person.account.username);
  });

  it.skipIf(bin === undefined)('of cvat-cli signs in with password and code in one field', async () => {
    const { isSignedIn } = await list(['--auth', person.account.username], { PASS: both() });
    expect(isSignedIn).toBe(true);
  });

  it.skipIf(bin === undefined)('of cvat-cli is refused with a password alone', async () => {
    const { isSignedIn, stderr } = await list(['--auth', person.account.username], { PASS: password() });
    expect(isSignedIn).toBe(false);
    expect(stderr).toContain('six digits');
  });

  it.skipIf(bin === undefined)('of cvat-cli comes in with CVAT_ACCESS_TOKEN', async () => {
    const { isSignedIn } = await list([], { CVAT_ACCESS_TOKEN: token });
    expect(isSignedIn).toBe(true);
  });
});
