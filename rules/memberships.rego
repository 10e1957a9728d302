# METADATA
# title: Memberships
# description: |
#   Who may see, change and remove the members of an organization. The context is the organization of the
#   membership; `resource.new_role` (not in CVAT) is the role a change of role asks for.
# schemas:
#   - input: schema.document
#   - input.resource: schema.memberships
package memberships

import data.organizations
import data.utils

# METADATA
# description: Whether the caller may do `scope` to the membership.
# entrypoint: true
default allow := false

allow if utils.is_admin

allow if {
	input.scope == "list"
	organizations.lists_people
}

allow if {
	input.scope == "view"
	input.resource.is_active
	_is_own
	utils.is_sandbox
}

allow if {
	input.scope == "view"
	input.resource.is_active
	organizations.is_member
	utils.is_of_context
}

allow if {
	input.scope == "view"
	organizations.is_staff
	utils.is_of_context
}

allow if {
	input.scope == "change:role"
	_manages_resource
	organizations.outranks(input.resource.new_role)
}

allow if {
	input.scope == "delete"
	_manages_resource
}

# Anybody may leave, but an owner may not leave his organization without one.
allow if {
	input.scope == "delete"
	utils.is_at_least_worker
	input.resource.is_active
	input.resource.role != "owner"
	organizations.is_member
	utils.is_of_context
	_is_own
}

# METADATA
# description: |
#   Which memberships a list shows - in the sandbox one's own; in an organization its active ones, and to its staff
#   the invited ones too; to an admin, all of the context.
# entrypoint: true
filter := {} if {
	utils.is_admin
	utils.is_sandbox
} else := {"user": utils.caller, "is_active": true} if {
	utils.is_sandbox
} else := {"organization": input.auth.organization.id} if {
	utils.is_admin
} else := {"organization": input.auth.organization.id} if {
	organizations.is_staff
} else := {"organization": input.auth.organization.id, "is_active": true} if {
	organizations.is_member
}

_is_own if input.resource.user.id == utils.caller

_manages_resource if {
	organizations.manages_people
	organizations.outranks(input.resource.role)
	utils.is_of_context
	input.resource.user.id != utils.caller
}
