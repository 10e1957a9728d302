# METADATA
# title: Organizations
# description: |
#   Who may do what with an organization, and what the caller is in the organization of the context.
#   `resource.user.role` is the role of the caller in the object, if they are an active member; the context does not matter.
# schemas:
#   - input: schema.document
#   - input.resource: schema.organizations
package organizations

import data.utils

# METADATA
# description: |
#   The caller owns the organization of the context, by its record and by the role. The role alone is not enough:
#   before it was guarded, any maintainer could hand it out.
is_owner if {
	_role == "owner"
	input.auth.organization.owner.id == utils.caller
}

# METADATA
# description: The caller is a maintainer of the organization of the context.
is_maintainer if _role == "maintainer"

# METADATA
# description: The caller manages the organization of the context.
is_staff if is_owner

is_staff if is_maintainer

# METADATA
# description: The caller is an active member of the organization of the context, in any role.
is_member if is_string(_role)

# METADATA
# description: |
#   The caller may list people of the context - in the sandbox everybody may, because the filter leaves him his own;
#   in an organization its active members.
lists_people if {
	utils.is_sandbox
	utils.caller
}

lists_people if is_member

# METADATA
# description: The caller manages the organization of the context and may add, change and remove people there.
manages_people if {
	utils.is_at_least_user
	is_staff
}

# METADATA
# description: |
#   The caller outranks a role in the organization of the context, so he may hand it out and act on who has it.
#   Something that is no role at all counts as the lowest: validation refuses it afterwards, with a 400 as in CVAT.
outranks(role) if {
	is_owner
	role != "owner"
}

outranks(role) if {
	is_maintainer
	not role in {"owner", "maintainer"}
}

# METADATA
# description: Whether the caller may do `scope` to the organization; `transfer` and `update:factor_requirement` are not in CVAT.
# entrypoint: true
default allow := false

allow if utils.is_admin

allow if {
	input.scope == "list"
	utils.caller
}

allow if {
	input.scope == "create"
	utils.is_at_least_user
}

allow if {
	input.scope == "view"
	_owns_resource
}

allow if {
	input.scope == "view"
	is_string(input.resource.user.role)
	utils.caller
}

allow if {
	input.scope == "update"
	utils.is_at_least_worker
	_maintains_resource
}

allow if {
	input.scope in {"delete", "transfer", "update:factor_requirement"}
	utils.is_at_least_worker
	_owns_resource
}

# METADATA
# description: Which organizations a list shows - those one owns or is an active member of; to an admin, all.
# entrypoint: true
filter := {} if {
	utils.is_admin
} else := [
	"|",
	{"members__user_id": utils.caller, "members__is_active": true},
	{"owner_id": utils.caller},
]

# Nobody has a role, whatever the document says.
_role := input.auth.organization.user.role if utils.caller

_owns_resource if input.resource.owner.id == utils.caller

_maintains_resource if _owns_resource

_maintains_resource if input.resource.user.role == "maintainer"
