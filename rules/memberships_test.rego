package memberships_test

import data.memberships

_request(scope, privilege, organization, resource) := {
	"scope": scope,
	"auth": {"user": {"id": 7, "privilege": privilege}, "organization": organization},
	"resource": resource,
}

_owned := {"id": 30, "owner": {"id": 7}, "user": {"role": "owner"}}

_as(role) := {"id": 30, "owner": {"id": 8}, "user": {"role": role}}

_membership(user, role, is_active) := {
	"role": role,
	"is_active": is_active,
	"user": {"id": user},
	"organization": {"id": 30},
}

_change(role, new_role) := object.union(_membership(8, role, true), {"new_role": new_role})

test_a_maintainer_hands_out_worker_and_supervisor_only if {
	maintainer := _as("maintainer")
	every role in ["worker", "supervisor"] {
		memberships.allow with input as _request("change:role", "user", maintainer, _change("worker", role))
	}
	every role in ["maintainer", "owner"] {
		not memberships.allow with input as _request("change:role", "user", maintainer, _change("worker", role))
	}
}

test_an_owner_hands_out_all_but_ownership if {
	every role in ["worker", "supervisor", "maintainer"] {
		memberships.allow with input as _request("change:role", "user", _owned, _change("worker", role))
	}
	not memberships.allow with input as _request("change:role", "user", _owned, _change("worker", "owner"))
}

test_a_change_that_does_not_say_to_what_is_refused if {
	not memberships.allow with input as _request("change:role", "user", _owned, _membership(8, "worker", true))
}

test_nobody_but_an_admin_changes_his_own_role if {
	own := object.union(_membership(7, "maintainer", true), {"new_role": "worker"})
	not memberships.allow with input as _request("change:role", "user", _as("maintainer"), own)
	memberships.allow with input as _request("change:role", "admin", _as("maintainer"), own)
}

test_a_member_leaves_but_an_owner_does_not if {
	memberships.allow with input as _request("delete", "worker", _as("worker"), _membership(7, "worker", true))
	not memberships.allow with input as _request("delete", "user", _owned, _membership(7, "owner", true))
}

test_staff_removes_who_has_not_accepted if {
	memberships.allow with input as _request("delete", "user", _as("maintainer"), _membership(8, "worker", false))
}

test_a_member_does_not_see_who_has_not_accepted if {
	not memberships.allow with input as _request("view", "user", _as("worker"), _membership(8, "worker", false))
	memberships.allow with input as _request("view", "user", _as("worker"), _membership(8, "worker", true))
}

test_the_staff_of_another_organization_is_nobody_here if {
	foreign := object.union(_owned, {"id": 31})
	every scope in ["view", "delete"] {
		not memberships.allow with input as _request(scope, "user", foreign, _membership(8, "worker", true))
	}
}

test_a_stranger_has_no_list if {
	stranger := _request("list", "user", _as(null), null)
	not memberships.allow with input as stranger
	not memberships.filter with input as stranger
}
