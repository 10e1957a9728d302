package invitations_test

import data.invitations

_request(scope, privilege, organization, resource) := {
	"scope": scope,
	"auth": {"user": {"id": 7, "privilege": privilege}, "organization": organization},
	"resource": resource,
}

_owned := {"id": 30, "owner": {"id": 7}, "user": {"role": "owner"}}

_as(role) := {"id": 30, "owner": {"id": 8}, "user": {"role": role}}

_invitation(owner, invitee, role) := {
	"owner": {"id": owner},
	"invitee": {"id": invitee},
	"role": role,
	"organization": {"id": 30},
}

test_a_maintainer_invites_workers_and_supervisors_only if {
	maintainer := _as("maintainer")
	every role in ["worker", "supervisor"] {
		invitations.allow with input as _request("create", "user", maintainer, _invitation(7, null, role))
	}
	every role in ["maintainer", "owner"] {
		not invitations.allow with input as _request("create", "user", maintainer, _invitation(7, null, role))
	}
}

test_an_owner_invites_no_owner if {
	invitations.allow with input as _request("create", "user", _owned, _invitation(7, null, "maintainer"))
	not invitations.allow with input as _request("create", "user", _owned, _invitation(7, null, "owner"))
}

test_nobody_invites_without_an_organization if {
	not invitations.allow with input as _request("create", "user", null, _invitation(7, null, "worker"))
}

test_only_the_invitee_accepts_and_declines if {
	every scope in ["accept", "decline"] {
		invitations.allow with input as _request(scope, null, _as(null), _invitation(8, 7, "worker"))
		not invitations.allow with input as _request(scope, "user", _owned, _invitation(7, 8, "worker"))
	}
}

test_the_inviter_resends_and_withdraws if {
	every scope in ["resend", "delete"] {
		invitations.allow with input as _request(scope, "worker", _as(null), _invitation(7, 8, "worker"))
		not invitations.allow with input as _request(scope, null, _as(null), _invitation(7, 8, "worker"))
		not invitations.allow with input as _request(scope, "worker", _as("supervisor"), _invitation(8, 9, "worker"))
	}
}

test_an_invitation_of_nobody_is_not_of_nobody if {
	nobody := {"scope": "view", "auth": {"user": {"id": null, "privilege": "user"}, "organization": null}}
	not invitations.allow with input as object.union(nobody, {"resource": _invitation(null, 8, "worker")})
}
