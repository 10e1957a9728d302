package users_test

import data.users

_request(scope, privilege, organization, resource) := {
	"scope": scope,
	"auth": {"user": {"id": 7, "privilege": privilege}, "organization": organization},
	"resource": resource,
}

_as(role) := {"id": 30, "owner": {"id": 9}, "user": {"role": role}}

_account(id, role) := {"id": id, "membership": {"role": role}}

test_an_account_sees_changes_and_deletes_itself if {
	every scope in ["view", "update:personal_data", "delete"] {
		users.allow with input as _request(scope, null, null, _account(7, null))
		not users.allow with input as _request(scope, "user", null, _account(8, null))
	}
}

test_an_account_sees_and_ends_its_sessions_and_nobody_elses if {
	every scope in ["view:sessions", "delete:sessions"] {
		users.allow with input as _request(scope, null, null, _account(7, null))
		users.allow with input as _request(scope, "admin", null, _account(8, null))
		not users.allow with input as _request(scope, "user", _as("owner"), _account(8, "worker"))
	}
}

test_an_account_links_and_unlinks_its_identities_and_nobody_elses if {
	every scope in ["view:linked_accounts", "create:linked_accounts", "delete:linked_accounts"] {
		users.allow with input as _request(scope, null, null, _account(7, null))
		users.allow with input as _request(scope, "admin", null, _account(8, null))
		not users.allow with input as _request(scope, "user", _as("owner"), _account(8, "worker"))
	}
}

test_an_account_sees_and_changes_its_second_factors_and_nobody_elses if {
	every scope in ["view:factors", "update:factors"] {
		users.allow with input as _request(scope, null, null, _account(7, null))
		users.allow with input as _request(scope, "admin", null, _account(8, null))
		not users.allow with input as _request(scope, "user", _as("owner"), _account(8, "worker"))
	}
}

test_only_an_admin_removes_second_factors_without_a_code if {
	users.allow with input as _request("delete:factors", "admin", null, _account(8, null))
	not users.allow with input as _request("delete:factors", "user", null, _account(7, null))
	not users.allow with input as _request("delete:factors", "user", _as("owner"), _account(8, "worker"))
}

test_only_an_admin_makes_accounts_and_changes_mail_and_permissions if {
	every scope in ["create", "create:password_reset_link", "update:email", "update:permissions", "update"] {
		users.allow with input as _request(scope, "admin", null, _account(8, null))
		not users.allow with input as _request(scope, "user", null, _account(7, null))
	}
}

test_members_see_one_another if {
	users.allow with input as _request("view", "worker", _as("worker"), _account(8, "supervisor"))
}

test_a_member_does_not_see_who_is_in_no_organization_with_him if {
	not users.allow with input as _request("view", "user", _as("worker"), _account(8, null))
}

test_a_stranger_does_not_see_the_members_of_an_organization if {
	not users.allow with input as _request("view", "user", _as(null), _account(8, "worker"))
}

test_a_list_without_context_shows_oneself if {
	users.filter == {"id": 7} with input as _request("list", "user", null, null)
	users.filter == {} with input as _request("list", "admin", null, null)
}
