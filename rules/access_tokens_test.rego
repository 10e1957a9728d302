package access_tokens_test

import data.access_tokens

_request(scope, privilege, owner) := {
	"scope": scope,
	"auth": {"user": {"id": 7, "privilege": privilege}, "organization": null},
	"resource": {"id": 500, "owner": {"id": owner}},
}

test_an_account_without_a_group_makes_no_token if {
	access_tokens.allow with input as _request("create", "worker", 7)
	not access_tokens.allow with input as _request("create", null, 7)
}

test_a_token_is_its_owners if {
	every scope in ["view", "update", "delete"] {
		access_tokens.allow with input as _request(scope, "worker", 7)
		not access_tokens.allow with input as _request(scope, "user", 8)
	}
}

test_an_admin_lists_his_own_tokens if {
	access_tokens.filter == {"owner_id": 7} with input as _request("list", "admin", 7)
}
