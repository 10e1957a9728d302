# METADATA
# title: Server
# description: Who may see what this server is and has.
# schemas:
#   - input: schema.document
package server

import data.utils

# METADATA
# description: Whether the caller may do `scope`. `view:status` is for an admin, and not in CVAT.
# entrypoint: true
default allow := false

allow if utils.is_admin

allow if {
	input.scope == "view"
	utils.caller
}

allow if {
	input.scope == "list:content"
	utils.is_at_least_user
}
