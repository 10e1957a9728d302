# METADATA
# title: Users
# description: |
#   Who may see, change and delete accounts. `resource.membership.role` is what the account in question is in the
#   organization of the context. CVAT sends the caller's role there, which shows any account to any member.
# schemas:
#   - input: schema.document
#   - input.resource: schema.users
package users

import data.organizations
import data.utils

# METADATA
# description: |
#   Whether the caller may do `scope` to the account. Mail, permissions, `create`, `create:password_reset_link` and
#   `delete:factors` are for an admin. The scopes of the API token, of sessions, of linked accounts, of second factors
#   and of the link are not in CVAT.
# entrypoint: true
default allow := false

allow if utils.is_admin

allow if {
	input.scope == "list"
	organizations.lists_people
}

allow if {
	input.scope in {
		"view",
		"update:personal_data",
		"delete",
		"view:api_token",
		"update:api_token",
		"view:sessions",
		"delete:sessions",
		"view:linked_accounts",
		"create:linked_accounts",
		"delete:linked_accounts",
		"view:factors",
		"update:factors",
	}
	input.resource.id == utils.caller
}

# Both sides must be members: a stranger who names an organization learns nothing about its people.
allow if {
	input.scope == "view"
	is_string(input.resource.membership.role)
	organizations.is_member
}

# METADATA
# description: Which accounts a list shows - in the sandbox one's own; in an organization its people; to an admin, all.
# entrypoint: true
filter := {} if {
	utils.is_admin
	utils.is_sandbox
} else := {"id": utils.caller} if {
	utils.is_sandbox
} else := {"memberships__organization": input.auth.organization.id} if {
	_may_list_organization
}

_may_list_organization if utils.is_admin

_may_list_organization if organizations.is_member
