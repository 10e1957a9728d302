# METADATA
# title: Personal access tokens
# description: Who may make, see, change and revoke personal access tokens.
# schemas:
#   - input: schema.document
#   - input.resource: schema.access_tokens
package access_tokens

import data.utils

# METADATA
# description: Whether the caller may do `scope` to the token.
# entrypoint: true
default allow := false

allow if utils.is_admin

allow if {
	input.scope in {"list", "create"}
	utils.is_at_least_worker
}

allow if {
	input.scope in {"view", "update", "delete"}
	utils.is_at_least_worker
	input.resource.owner.id == utils.caller
}

# METADATA
# description: Which tokens a list shows - one's own, also to an admin.
# entrypoint: true
filter := {"owner_id": utils.caller}
