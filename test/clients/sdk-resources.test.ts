import { beforeAll, describe, expect, it } from 'vitest';
import { type TestAccount, useTestApp } from '../support/app.js';
import { installClients, runPython } from '../support/python.js';

/** The unmodified cvat-sdk 2.62.0 and what it makes of users, organizations, memberships and invitations. */

const bin = installClients();
let owner: TestAccount;
let guest: TestAccount;
const app = useTestApp({ env: { ORG_INVITATION_CONFIRM: 'true', EMAIL_BACKEND: 'console' } });
beforeAll(async () => {
  [owner, guest] = [await app.register(), await app.register()];
});

const IMPORTS = `
import json, sys
from cvat_sdk import make_client, models
from cvat_sdk.api_client import exceptions
url, owner, guest, password, guest_email = sys.argv[1:]

def status(call, *args, **kwargs):
    try:
        call(*args, **kwargs)
    except exceptions.ApiException as error:
        return error.status
`;

const ask = (script: string) =>
  runPython(bin ?? '', IMPORTS + script, [
    app.url,
    owner.username,
    guest.username,
    owner.password,
    guest.email,
  ]);

describe.skipIf(bin === undefined)('cvat-sdk 2.62.0', () => {
  it('makes an organization, invites, accepts, promotes and removes', async () => {
    const script = `
with make_client(url, credentials=(owner, password)) as mine, make_client(url, credentials=(guest, password)) as theirs:
    created = mine.organizations.create(models.OrganizationWriteRequest(slug='sdk', name='By the SDK'))
    mine.organization_slug = 'sdk'
    api, their_api = mine.api_client, theirs.api_client

    invitation, _ = api.invitations_api.create(models.InvitationWriteRequest(role='worker', email=guest_email))
    waiting, _ = their_api.invitations_api.list(filter=json.dumps(
        {'and': [{'==': [{'var': 'user_id'}, str(invitation.user.id)]}, {'==': [{'var': 'accepted'}, False]}]}))
    api.invitations_api.resend(invitation.key)
    their_api.invitations_api.accept(invitation.key)

    members, _ = api.memberships_api.list(sort='user', page_size=50)
    theirs_id = next(m.id for m in members.results if m.user.username == guest)
    promoted, _ = api.memberships_api.partial_update(
        theirs_id, patched_membership_write_request=models.PatchedMembershipWriteRequest(role='maintainer'))
    refused = status(their_api.memberships_api.partial_update, members.results[0].id if members.results[0].id != theirs_id
        else members.results[1].id, patched_membership_write_request=models.PatchedMembershipWriteRequest(role='worker'))

    organization, _ = their_api.organizations_api.retrieve(created.id)
    updated = created.update(models.PatchedOrganizationWriteRequest(description='changed', contact={'email': 'a@b.co'}))
    users, _ = api.users_api.list()
    api.memberships_api.destroy(theirs_id)
    gone = status(their_api.organizations_api.retrieve, created.id)
    created.remove()
    mine.organization_slug = None
    print(json.dumps({
        'owner': organization.owner.username, 'expired': invitation.expired, 'slug': invitation.organization_info.slug,
        'waiting': waiting.count, 'members': members.count, 'role': str(promoted.role), 'refused': refused,
        'description': organization.description, 'contact': updated.contact, 'users': users.count, 'gone': gone,
        'left': [o.slug for o in mine.organizations.list()],
    }))
`;
    expect(await ask(script)).toEqual({
      owner: owner.username,
      expired: false,
      slug: 'sdk',
      waiting: 1,
      members: 2,
      role: 'maintainer',
      refused: 403,
      description: '',
      contact: { email: 'a@b.co' },
      users: 2,
      gone: 404,
      left: [],
    });
  });

  it('reads and changes its own account, and sees no other', async () => {
    const script = `
with make_client(url, credentials=(owner, password)) as client:
    me = client.users.retrieve_current_user()
    changed = me.update(models.PatchedUserRequest(first_name='Ada'))
    refused = status(client.api_client.users_api.partial_update, me.id,
        patched_user_request=models.PatchedUserRequest(is_superuser=True))
    everybody = [user.username for user in client.users.list()]
    formats, _ = client.api_client.server_api.retrieve_annotation_formats()
print(json.dumps([changed.first_name, refused, everybody, len(formats.importers) > 0]))
`;
    expect(await ask(script)).toEqual(['Ada', 403, [owner.username], true]);
  });

  it('iterates lists of several pages: organizations, members, invitations and users', async () => {
    const count = 23;
    const script = `
from cvat_sdk.core.helpers import get_paginated_collection
with make_client(url, credentials=(owner, password)) as client:
    api = client.api_client
    slugs = [f'page{n:02}' for n in range(${count})]
    for slug in slugs:
        client.organizations.create(models.OrganizationWriteRequest(slug=slug))
    organizations = [o.slug for o in client.organizations.list() if o.slug.startswith('page')]
    client.organization_slug = 'page00'
    for n in range(${count}):
        api.invitations_api.create(models.InvitationWriteRequest(role='worker', email=f'person{n}@pages.example'))
    def collect(endpoint, **more):
        return list(get_paginated_collection(endpoint, **more))
    members = collect(api.memberships_api.list_endpoint)
    invitations = collect(api.invitations_api.list_endpoint)
    users = collect(api.users_api.list_endpoint)
    small = list(get_paginated_collection(api.users_api.list_endpoint, page_size=5, sort='username'))
    first, _ = api.users_api.list()
print(json.dumps({
    'organizations': sorted(organizations) == slugs and len(organizations) == ${count},
    'members': [len(members), len({m.id for m in members})],
    'invitations': [len(invitations), len({i.key for i in invitations})],
    'users': [len(users), len({u.id for u in users})], 'page': [len(first.results), first.count],
    'sorted': [u.username for u in small] == sorted(u.username for u in users),
}))
`;
    expect(await ask(script)).toEqual({
      organizations: true,
      members: [count + 1, count + 1],
      invitations: [count, count],
      users: [count + 1, count + 1],
      page: [10, count + 1],
      sorted: true,
    });
  });
});
