package organizations_test

import data.organizations

_somebody := {"id": 7, "privilege": "user"}

_request(scope, user, resource) := {
	"scope": scope,
	"auth": {"user": user, "organization": null},
	"resource": resource,
}

_organization(owner, role) := {"id": 500, "owner": {"id": owner}, "user": {"role": role}}

test_every_account_lists_organizations if {
	every privilege in ["admin", "user", "worker", null] {
		organizations.allow with input as _request("list", {"id": 7, "privilege": privilege}, null)
	}
}

test_a_worker_does_not_create_one if {
	organizations.allow with input as _request("create", _somebody, _organization(7, "owner"))
	worker := {"id": 7, "privilege": "worker"}
	not organizations.allow with input as _request("create", worker, _organization(7, "owner"))
}

test_an_invited_member_sees_it if {
	organizations.allow with input as _request("view", _somebody, _organization(8, "worker"))
	not organizations.allow with input as _request("view", _somebody, _organization(8, null))
}

test_a_maintainer_updates_but_does_not_delete_it if {
	organizations.allow with input as _request("update", _somebody, _organization(8, "maintainer"))
	not organizations.allow with input as _request("delete", _somebody, _organization(8, "maintainer"))
}

test_only_its_owner_transfers_it if {
	organizations.allow with input as _request("transfer", _somebody, _organization(7, "owner"))
	every role in ["owner", "maintainer", "supervisor", "worker", null] {
		not organizations.allow with input as _request("transfer", _somebody, _organization(8, role))
	}
}

test_only_its_owner_requires_second_factors if {
	organizations.allow with input as _request("update:factor_requirement", _somebody, _organization(7, "owner"))
	every role in ["owner", "maintainer", "supervisor", "worker", null] {
		not organizations.allow with input as _request("update:factor_requirement", _somebody, _organization(8, role))
	}
}

test_an_organization_without_owner_belongs_to_nobody if {
	nobody := {"id": null, "privilege": "user"}
	not organizations.allow with input as _request("delete", nobody, _organization(null, null))
}

test_the_role_of_owner_alone_makes_no_owner if {
	organizations.is_owner with input as _context(7)
	not organizations.is_owner with input as _context(8)
}

_context(owner) := {"auth": {
	"user": _somebody,
	"organization": {"id": 30, "owner": {"id": owner}, "user": {"role": "owner"}},
}}
