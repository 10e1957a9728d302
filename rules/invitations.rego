# METADATA
# title: Invitations
# description: |
#   Who may invite, and who may see, resend, withdraw, accept and decline an invitation. The context is the
#   organization of the invitation; for create it is the one the request names. In that of another organization
#   nobody may do anything to it.
# schemas:
#   - input: schema.document
#   - input.resource: schema.invitations
package invitations

import data.organizations
import data.utils

# METADATA
# description: Whether the caller may do `scope` to the invitation.
# entrypoint: true
default allow := false

allow if utils.is_admin

allow if {
	input.scope == "list"
	organizations.lists_people
}

allow if {
	input.scope == "create"
	organizations.manages_people
	organizations.outranks(input.resource.role)
	utils.is_of_context
}

allow if {
	input.scope == "view"
	_is_party
}

allow if {
	input.scope in {"resend", "delete"}
	utils.is_at_least_worker
	_is_inviter
}

allow if {
	input.scope in {"view", "resend", "delete"}
	organizations.manages_people
	utils.is_of_context
}

allow if {
	input.scope in {"accept", "decline"}
	_is_invitee
}

# METADATA
# description: |
#   Which invitations a list shows - those one sent or received; to the staff of an organization, all of it;
#   to an admin, all of the context. A single invitation is looked for among the same ones, so that who is no member
#   yet has a filter, though no list.
# entrypoint: true
filter := {} if {
	utils.is_admin
	utils.is_sandbox
} else := _own if {
	utils.is_sandbox
} else := {"membership__organization": input.auth.organization.id} if {
	utils.is_admin
} else := {"membership__organization": input.auth.organization.id} if {
	organizations.manages_people
} else := ["&", _own, {"membership__organization": input.auth.organization.id}]

_own := ["|", {"owner": utils.caller}, {"membership__user": utils.caller}]

_is_party if _is_inviter

_is_party if _is_invitee

_is_inviter if {
	input.resource.owner.id == utils.caller
	_is_within_reach
}

_is_invitee if {
	input.resource.invitee.id == utils.caller
	_is_within_reach
}

# A party need not be a member, so the organization it asks in has to be checked by itself.
_is_within_reach if utils.is_sandbox

_is_within_reach if utils.is_of_context
