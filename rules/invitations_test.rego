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

_about_elsewhere(privilege, contexts) := [_request(scope, privilege, context, invitation) |
	some scope in ["create", "view", "resend", "delete", "accept", "decline"]
	some context in contexts
	some other in [{"id": 31}, null]
	invitation := object.union(_invitation(7, 7, "worker"), {"organization": other})
]

test_in_an_organization_nobody_touches_an_invitation_of_another_or_of_none if {
	every request in _about_elsewhere("user", [_owned, _as("maintainer"), _as("worker"), _as(null)]) {
		not invitations.allow with input as request
	}
}

test_an_admin_touches_it_in_any_context if {
	every request in _about_elsewhere("admin", [_as(null)]) {
		invitations.allow with input as request
	}
}

test_its_parties_find_an_invitation_before_they_are_members_and_have_no_list if {
	stranger := _request("list", "user", _as(null), null)
	not invitations.allow with input as stranger
	invitations.filter == ["&", ["|", {"owner": 7}, {"membership__user": 7}], {"membership__organization": 30}] with input as stranger
}

test_an_invitation_of_nobody_is_not_of_nobody if {
	nobody := {"scope": "view", "auth": {"user": {"id": null, "privilege": "user"}, "organization": null}}
	not invitations.allow with input as object.union(nobody, {"resource": _invitation(null, 8, "worker")})
}
