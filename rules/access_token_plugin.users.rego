# METADATA
# title: Access token plugin - users
# description: |
#   What remains of a caller's rights over accounts when he came with a personal access token - reading,
#   even if the token may write.
# schemas:
#   - input: schema.document
package access_token_plugin.users

# METADATA
# description: Whether a personal access token may do `scope`, once the base package has allowed it.
# entrypoint: true
default allow := false

allow if input.scope in {
	"list",
	"view",
	"view:api_token",
	"view:sessions",
	"view:linked_accounts",
	"view:factors",
}
