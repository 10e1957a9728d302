import { beforeAll, describe, expect, it } from 'vitest';
import { createTestApp, type TestAccount, useTestApp } from '../support/app.js';
import { insertOrganization } from '../support/organization-rows.js';
import { installClients, runPython } from '../support/python.js';

/** The unmodified cvat-sdk 2.62.0 against this server on PostgreSQL, Redis and OPA. */

const bin = installClients();
let person: TestAccount;
const app = useTestApp();
beforeAll(async () => {
  person = await app.register();
});

const IMPORTS = `
import json, sys
from cvat_sdk import make_client
from cvat_sdk.api_client import ApiClient, Configuration, exceptions
from cvat_sdk.core.client import AccessTokenCredentials, Client, Config, PasswordCredentials
url, name, password, *rest = sys.argv[1:]
`;

const ask = (script: string, ...more: string[]) =>
  runPython(bin ?? '', IMPORTS + script, [app.url, person.username, person.password, ...more]);

describe.skipIf(bin === undefined)('cvat-sdk 2.62.0', () => {
  it('logs in with a password and knows its user, by name and by e-mail', async () => {
    const script = `
names = []
for login in (name, rest[0]):
    with make_client(url, credentials=(login, password)) as client:
        assert client.get_server_version().base_version == '2.62.0'
        names.append(client.users.retrieve_current_user().username)
print(json.dumps(names))
`;
    expect(await ask(script, person.email)).toEqual([person.username, person.username]);
  });

  it('finds the server supported, not merely tolerated', async () => {
    const script = `
client = Client(url, config=Config(allow_unsupported_server=False))
client.login(PasswordCredentials(name, password))
print(json.dumps(client.users.retrieve_current_user().username))
`;
    expect(await ask(script)).toBe(person.username);
  });

  it('reads the three cookies of the login out of their joined header', async () => {
    const script = `
client = Client(url)
client.login(PasswordCredentials(name, password))
print(json.dumps(sorted(client.api_client.cookies)))
`;
    expect(await ask(script)).toEqual(['csrftoken', 'sessionfresh', 'sessionid']);
  });

  it('reads them as well when they are Secure, though the joined header then has a flag in it', async () => {
    const secure = await createTestApp({
      env: { SESSION_COOKIE_SECURE: 'true', CSRF_COOKIE_SECURE: 'true' },
    });
    try {
      const script = `
client = Client(rest[0])
client.login(PasswordCredentials(rest[1], rest[2]))
print(json.dumps([sorted(client.api_client.cookies), client.users.retrieve_current_user().username]))
`;
      const { username, password } = secure.admin;
      const cookies = ['csrftoken', 'sessionfresh', 'sessionid'];
      expect(await ask(script, secure.url, username, password)).toEqual([cookies, username]);
    } finally {
      await secure.close();
    }
  });

  it('sends unsafe requests with its session and the CSRF header, and logs out', async () => {
    const script = `
client = make_client(url, credentials=(name, password))
token, _ = client.api_client.auth_api.create_access_tokens(
    access_token_write_request={'name': 'made by the SDK', 'read_only': False})
tokens, _ = client.api_client.auth_api.list_access_tokens()
client.logout()
try:
    client.api_client.users_api.retrieve_self()
    after = 200
except exceptions.ApiException as error:
    after = error.status
print(json.dumps({'value': token.value, 'count': tokens['count'], 'after': after}))
`;
    expect(await ask(script)).toEqual({
      value: expect.stringMatching(/^cva\w{5}\.\w{32}$/) as string,
      count: 1,
      after: 401,
    });
  });

  it('comes in with a personal access token', async () => {
    const { value } = (
      await app.send('/api/auth/access_tokens', {
        method: 'POST',
        headers: (await login()).authorization,
        body: { name: 'sdk' },
      })
    ).json() as { value: string };
    const script = `
with make_client(url, access_token=rest[0]) as client:
    me = client.users.retrieve_current_user()
    own, _ = client.api_client.auth_api.retrieve_access_tokens_self()
print(json.dumps([me.username, own.name, own.read_only]))
`;
    expect(await ask(script, value)).toEqual([person.username, 'sdk', true]);
  });

  it.each(['tokenAuth', 'basic', 'session'])(
    'comes in by a configuration of its low level: %s',
    async (way) => {
      const browser = app.browser();
      await browser.send('/api/auth/login', {
        method: 'POST',
        body: { username: person.username, password: person.password },
      });
      const { authorization } = await login();
      const script = `
way, token, session, csrf = rest
configuration = {
    'tokenAuth': lambda: Configuration(host=url, api_key={'tokenAuth': token}, api_key_prefix={'tokenAuth': 'Token'}),
    'basic': lambda: Configuration(host=url, username=name, password=password),
    'session': lambda: Configuration(host=url, api_key={'sessionAuth': session, 'csrfAuth': csrf}),
}[way]()
with ApiClient(configuration) as client:
    user, _ = client.users_api.retrieve_self()
print(json.dumps(user.username))
`;
      const session = browser.jar.get('sessionid') ?? '';
      const csrf = browser.jar.get('csrftoken') ?? '';
      const token = authorization.Authorization.split(' ')[1] ?? '';
      expect(await ask(script, way, token, session, csrf)).toBe(person.username);
    },
  );

  it('names an organization, and learns that it does not exist', async () => {
    const script = `
client = make_client(url, credentials=(name, password))
client.organization_slug = ''
personal = client.users.retrieve_current_user().username
client.organization_slug = 'nowhere'
try:
    client.users.retrieve_current_user()
    refused = None
except exceptions.ApiException as error:
    refused = [error.status, json.loads(error.body)]
print(json.dumps([personal, refused]))
`;
    const refused = [404, { detail: 'nowhere organization does not exist.' }];
    expect(await ask(script)).toEqual([person.username, refused]);
  });

  it('works in an organization that it names', async () => {
    const id = await insertOrganization(app.db, 'sdk-org', person.id);
    const script = `
client = make_client(url, credentials=(name, password))
client.organization_slug = 'sdk-org'
members, _ = client.api_client.memberships_api.list()
print(json.dumps([(member.organization, str(member.role)) for member in members.results]))
`;
    expect(await ask(script)).toEqual([[id, 'owner']]);
  });

  it('is refused with a wrong password', async () => {
    const script = `
try:
    make_client(url, credentials=(name, 'wrong'))
    refused = None
except exceptions.ApiException as error:
    refused = [error.status, json.loads(error.body)]
print(json.dumps(refused))
`;
    const answer = [400, { non_field_errors: ['Unable to log in with provided credentials.'] }];
    expect(await ask(script)).toEqual(answer);
  });
});

/** A login mints the API token anew when a logout deleted it. */
async function login() {
  const body = { username: person.username, password: person.password };
  const { key } = (await app.send('/api/auth/login', { method: 'POST', body })).json() as { key: string };
  return { authorization: { Authorization: `Token ${key}` } };
}
