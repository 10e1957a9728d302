package access_token_plugin_test

import data.access_token_plugin.access_tokens
import data.access_token_plugin.users

_request(scope) := {
	"scope": scope,
	"auth": {
		"user": {"id": 7, "privilege": "admin"},
		"organization": null,
		"token": {"id": 500, "read_only": false},
	},
	"resource": null,
}

test_a_token_reads_accounts_and_tokens_only if {
	every scope in ["list", "view"] {
		users.allow with input as _request(scope)
		access_tokens.allow with input as _request(scope)
	}
	every scope in ["create", "update", "update:personal_data", "delete"] {
		not users.allow with input as _request(scope)
		not access_tokens.allow with input as _request(scope)
	}
}

test_a_token_sees_sessions_and_does_not_end_them if {
	users.allow with input as _request("view:sessions")
	not users.allow with input as _request("delete:sessions")
}

test_a_token_sees_linked_accounts_and_changes_none if {
	users.allow with input as _request("view:linked_accounts")
	not users.allow with input as _request("create:linked_accounts")
	not users.allow with input as _request("delete:linked_accounts")
}

test_a_token_sees_second_factors_and_does_not_change_them if {
	users.allow with input as _request("view:factors")
	every scope in ["update:factors", "delete:factors"] {
		not users.allow with input as _request(scope)
	}
}
