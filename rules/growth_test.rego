package growth_test

import data.growth

_request(scope, privilege, user) := {
	"scope": scope,
	"auth": {"user": {"id": 7, "privilege": privilege}, "organization": null},
	"resource": {"id": 500, "user": {"id": user}},
}

test_growth_data_is_of_the_account_in_any_group_or_none if {
	every privilege in ["user", "worker", null] {
		every scope in ["view", "update"] {
			growth.allow with input as _request(scope, privilege, 7)
			not growth.allow with input as _request(scope, privilege, 8)
		}
	}
}

test_an_admin_sees_and_changes_growth_data_of_others if {
	every scope in ["view", "update"] {
		growth.allow with input as _request(scope, "admin", 8)
	}
}

test_everybody_lists_growth_data_and_nobody_makes_or_deletes_any if {
	growth.allow with input as _request("list", null, 7)
	every scope in ["create", "delete"] {
		not growth.allow with input as _request(scope, "user", 7)
	}
}

test_a_list_shows_ones_own_growth_data_and_those_of_everybody_to_an_admin if {
	growth.filter == {"user_id": 7} with input as _request("list", "user", 7)
	growth.filter == {} with input as _request("list", "admin", 7)
}
