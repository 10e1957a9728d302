# METADATA
# title: Shared vocabulary
# description: Who is asking, with which privilege, and in which context.
# schemas:
#   - input: schema.document
package utils

# METADATA
# description: |
#   Id of the account that asks. Undefined unless it is a number, so that an unknown caller is nobody's owner,
#   not even of things whose owner is null.
caller := input.auth.user.id if is_number(input.auth.user.id)

# METADATA
# description: The caller's highest group is admin.
is_admin if input.auth.user.privilege == "admin"

# METADATA
# description: The caller's highest group is user or above.
is_at_least_user if input.auth.user.privilege in {"admin", "user"}

# METADATA
# description: The caller is in any group at all.
is_at_least_worker if input.auth.user.privilege in {"admin", "user", "worker"}

# METADATA
# description: No organization is named, by the request or by the object.
is_sandbox if is_null(input.auth.organization)

# METADATA
# description: The object belongs to the organization of the context. Nothing does in the sandbox.
is_of_context if input.resource.organization.id == input.auth.organization.id
