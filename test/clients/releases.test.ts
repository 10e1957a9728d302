import { beforeAll, describe, expect, it } from 'vitest';
import { cvatReleaseOf } from '../../src/kernel/cvat-release.js';
import { type TestAccount, useTestApp } from '../support/app.js';
import { CLIENT_RELEASES, installClients, runCli, runPython } from '../support/python.js';
import { clientOf, useWorld } from '../support/world.js';

/** The unmodified clients of a release, against this server as that release: they check every type of an answer. */

const IMPORTS = `
import json, sys
from cvat_sdk.api_client import ApiClient, Configuration, exceptions, models
from cvat_sdk.core.client import AccessTokenCredentials, Client, Config, PasswordCredentials
url, name, secret, *rest = sys.argv[1:]
`;
/** Refuses a server that it does not know. */
const STRICT = `
client = Client(url, config=Config(allow_unsupported_server=False))
client.login(PasswordCredentials(name, secret))
api = client.api_client
`;

describe.each(CLIENT_RELEASES)('cvat-sdk and cvat-cli %s', (version) => {
  const bin = installClients(version);
  const { has } = cvatReleaseOf(version);
  const app = useTestApp({
    env: { CVAT_VERSION: version, EMAIL_BACKEND: 'console', ORG_INVITATION_CONFIRM: 'true' },
  });
  const world = useWorld(app);
  let person: TestAccount;
  beforeAll(async () => {
    person = await app.register();
  });
  const ask = (script: string, ...more: string[]) =>
    runPython(bin ?? '', IMPORTS + script, [app.url, person.username, person.password, ...more]);

  it.skipIf(bin === undefined)('find their own release, sign in, and know their account', async () => {
    const script = `${STRICT}
me = client.users.retrieve_current_user()
print(json.dumps([str(client.get_server_version()), me.username, me.created_via.value if hasattr(me, "created_via") else None]))
`;
    expect(await ask(script)).toEqual([version, person.username, has('showsOrigin') ? 'registration' : null]);
  });

  it.skipIf(bin === undefined)(
    'read the lists of accounts, organizations, members, invitations and tokens',
    async () => {
      const owner = clientOf(app, person);
      await owner.send('POST', '/api/organizations', { slug: 'of-sdk' });
      await owner.send('POST', '/api/invitations?org=of-sdk', {
        role: 'worker',
        email: world.stranger.email,
      });
      for (const read_only of [true, false])
        await owner.send('POST', '/api/auth/access_tokens', { name: String(read_only), read_only });
      const script = `${STRICT}
print(json.dumps({
    'users': [user.username for user in api.users_api.list(org='of-sdk')[0].results],
    'organizations': [one.slug for one in api.organizations_api.list()[0].results],
    'memberships': [str(one.role) for one in api.memberships_api.list(org='of-sdk')[0].results],
    'invitations': [one.user.username for one in api.invitations_api.list(org='of-sdk', **json.loads(rest[0]))[0].results],
    'tokens': [one.name for one in api.auth_api.list_access_tokens(**json.loads(rest[1]))[0].results],
}))
`;
      const [pending, readOnly] = has('filtersByState')
        ? [{ accepted: false, user_id: world.stranger.id }, { read_only: true }]
        : [{}, {}];
      expect(await ask(script, JSON.stringify(pending), JSON.stringify(readOnly))).toEqual({
        users: [person.username, world.stranger.username],
        organizations: ['of-sdk'],
        memberships: ['worker', 'owner'],
        invitations: [world.stranger.username],
        tokens: has('filtersByState') ? ['true'] : ['false', 'true'],
      });
    },
  );

  if (has('hasSurvey'))
    it.skipIf(bin === undefined)('answer the survey, and read it back', async () => {
      const script = `${STRICT}
me = client.users.retrieve_current_user()
said = [me.cvat_usage_reason.value, me.primary_role, me.planned_activities]
changed, _ = api.users_api.partial_update(me.id, patched_user_request=models.PatchedUserRequest(
    cvat_usage_reason=models.CvatUsageReasonEnum('work_project'), primary_role='Ornithologist',
    planned_activities=[models.PlannedActivitiesEnum('annotate_data')], data_types=['images', 'birdsong']))
print(json.dumps([said, changed.cvat_usage_reason.value, changed.primary_role,
    [one.value for one in changed.planned_activities], changed.data_types, changed.email_verified]))
`;
      expect(await ask(script)).toEqual([
        ['', '', []],
        'work_project',
        'Ornithologist',
        ['annotate_data'],
        ['images', 'birdsong'],
        false,
      ]);
    });

  if (has('hasGrowth'))
    it.skipIf(bin === undefined)('read whether to ask for a star, and note that they asked', async () => {
      const script = `${STRICT}
[mine] = api.growth_api.list()[0].results
changed, _ = api.growth_api.partial_update(str(mine.id), patched_user_growth_data_request=models.PatchedUserGrowthDataRequest(
    github_prompt_shown=True, promotion_notifications_allowed=False))
print(json.dumps([mine.owner.username, mine.github_prompt_shown, changed.promotion_notifications_allowed,
    api.growth_api.retrieve(str(mine.id))[0].github_prompt_enabled]))
`;
      expect(await ask(script)).toEqual([person.username, true, false, false]);
    });

  it.skipIf(bin === undefined)(
    'sign in on the command line, and learn that this is no server of tasks',
    async () => {
      const { hostname, port } = new URL(app.url);
      const server = ['--server-host', `http://${hostname}`, '--server-port', port];
      const ran = await runCli(bin ?? '', [...server, '--auth', person.username, 'task', 'ls'], {
        PASS: person.password,
      });
      expect(ran.stderr).not.toContain('not compatible');
      expect(ran.stderr).toContain('404');
    },
  );
});

describe('cvat-sdk 2.80.0', () => {
  const bin = installClients('2.80.0');
  const app = useTestApp();

  it.skipIf(bin === undefined)(
    'refuses a server of 2.62 if it is strict, so that CVAT_VERSION is needed',
    async () => {
      const { username, password } = await app.register();
      const script = `${IMPORTS}
from cvat_sdk.core.exceptions import IncompatibleVersionException
try:
    Client(url, config=Config(allow_unsupported_server=False))
    print(json.dumps('accepted'))
except IncompatibleVersionException:
    print(json.dumps('refused'))
`;
      expect(await runPython(bin ?? '', script, [app.url, username, password])).toBe('refused');
    },
  );
});
