# METADATA
# title: Growth data
# description: |
#   Who may see and change what CVAT 2.74 and newer keep of people who were asked for a star. The context does not
#   matter.
# schemas:
#   - input: schema.document
#   - input.resource: schema.growth
package growth

import data.utils

# METADATA
# description: Whether the caller may do `scope` to the growth data of an account.
# entrypoint: true
default allow := false

allow if utils.is_admin

allow if {
	input.scope == "list"
	utils.caller
}

allow if {
	input.scope in {"view", "update"}
	input.resource.user.id == utils.caller
}

# METADATA
# description: Which growth data a list shows - one's own; to an admin, those of everybody.
# entrypoint: true
filter := {} if {
	utils.is_admin
} else := {"user_id": utils.caller}
