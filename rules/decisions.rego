# METADATA
# title: Decisions
# description: |
#   Many questions in one query. Not in CVAT, which asks one by one: a request with a personal access token needs
#   three answers or more, and a round trip for each would cost more than the answers do.
# schemas:
#   - input: schema.questions
package decisions

import data.access_tokens
import data.bundle_plugins
import data.growth
import data.invitations
import data.memberships
import data.organizations
import data.server
import data.users

# METADATA
# description: |
#   The answers, in the order of the questions. Null stands for an undefined one, so that the others keep their
#   places. The answer to `plugin_allow` is a list - what each plugin of the package says.
# entrypoint: true
answers := [_answer(question) | some question in input.questions]

_answer(question) := value if {
	value := _defined(question)
} else := null

# Written out, because `data[question.package]` would include this package, and recursion is refused.
_defined(question) := value if {
	question.rule == "allow"
	value := _allow(question)
}

_defined(question) := value if {
	question.rule == "filter"
	value := _filter(question)
}

_defined(question) := value if {
	question.rule == "plugin_allow"
	value := bundle_plugins[question.package] with input as question.input
}

_allow(question) := value if {
	question.package == "access_tokens"
	value := access_tokens.allow with input as question.input
}

_allow(question) := value if {
	question.package == "growth"
	value := growth.allow with input as question.input
}

_allow(question) := value if {
	question.package == "invitations"
	value := invitations.allow with input as question.input
}

_allow(question) := value if {
	question.package == "memberships"
	value := memberships.allow with input as question.input
}

_allow(question) := value if {
	question.package == "organizations"
	value := organizations.allow with input as question.input
}

_allow(question) := value if {
	question.package == "server"
	value := server.allow with input as question.input
}

_allow(question) := value if {
	question.package == "users"
	value := users.allow with input as question.input
}

_filter(question) := value if {
	question.package == "access_tokens"
	value := access_tokens.filter with input as question.input
}

_filter(question) := value if {
	question.package == "growth"
	value := growth.filter with input as question.input
}

_filter(question) := value if {
	question.package == "invitations"
	value := invitations.filter with input as question.input
}

_filter(question) := value if {
	question.package == "memberships"
	value := memberships.filter with input as question.input
}

_filter(question) := value if {
	question.package == "organizations"
	value := organizations.filter with input as question.input
}

_filter(question) := value if {
	question.package == "users"
	value := users.filter with input as question.input
}
