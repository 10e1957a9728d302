package server_test

import data.server

_request(scope, privilege) := {
	"scope": scope,
	"auth": {"user": {"id": 7, "privilege": privilege}, "organization": null},
	"resource": null,
}

test_every_account_sees_the_server if {
	server.allow with input as _request("view", null)
}

test_a_worker_does_not_browse_the_share if {
	server.allow with input as _request("list:content", "user")
	not server.allow with input as _request("list:content", "worker")
}

test_only_an_admin_sees_the_status if {
	server.allow with input as _request("view:status", "admin")
	every privilege in ["user", "worker", null] {
		not server.allow with input as _request("view:status", privilege)
	}
}

test_nobody_sees_nothing if {
	not server.allow with input as {"scope": "view", "auth": {"user": null, "organization": null}, "resource": null}
}
