package decisions_test

import data.decisions

_list := {
	"scope": "list",
	"auth": {"user": {"id": 7, "privilege": "user"}, "organization": null},
	"resource": null,
}

_stranger := object.union(_list, {"auth": {"organization": {"id": 30, "owner": {"id": 8}, "user": {"role": null}}}})

# What the server writes into a bundle: the answers of the plugins, by the package they narrow.
_plugins := {"server": [], "users": [true], "access_tokens": [true, null]}

_ask(triples) := answers if {
	questions := [{"package": name, "rule": rule, "input": document} | some [name, rule, document] in triples]
	answers := decisions.answers with input as {"questions": questions} with data.bundle_plugins as _plugins
}

test_answers_keep_the_order_of_the_questions if {
	answers := _ask([
		["users", "allow", _list],
		["users", "filter", _list],
		["users", "plugin_allow", _list],
		["users", "allow", _stranger],
	])
	answers == [true, {"id": 7}, [true], false]
}

test_an_undefined_answer_is_null_and_keeps_its_place if {
	answers := _ask([["users", "filter", _stranger], ["server", "filter", _list], ["server", "allow", _list]])
	answers == [null, null, false]
}

test_every_plugin_of_a_package_answers if {
	_ask([["access_tokens", "plugin_allow", _list], ["server", "plugin_allow", _list]]) == [[true, null], []]
}

test_a_package_of_which_the_bundle_does_not_say_has_no_answer if {
	_ask([["organizations", "plugin_allow", _list]]) == [null]
}

test_unknown_questions_are_not_answered if {
	answers := _ask([
		["utils", "is_sandbox", _list],
		["decisions", "allow", _list],
		["nothing", "allow", _list],
	])
	answers == [null, null, null]
}

test_a_malformed_question_keeps_its_place_and_harms_no_other if {
	good := {"package": "users", "rule": "filter", "input": _list}
	malformed := [null, false, "users", [], {}, {"package": "users"}, {"package": "users", "rule": "filter"}]
	questions := array.concat(array.concat([good], malformed), [good])
	answers := decisions.answers with input as {"questions": questions} with data.bundle_plugins as _plugins
	answers == [{"id": 7}, null, null, null, null, null, null, null, {"id": 7}]
}

test_a_question_does_not_see_the_input_of_its_neighbours if {
	ids := numbers.range(1, 32)
	questions := [["users", "filter", object.union(_list, {"auth": {"user": {"id": id}}})] | some id in ids]
	_ask(questions) == [{"id": id} | some id in ids]
}

test_every_allow_and_filter_is_reached if {
	packages := ["access_tokens", "growth", "invitations", "memberships", "organizations", "users"]
	allowed := _ask([[name, "allow", _list] | some name in packages])
	allowed == [true, true, true, true, true, true]
	filters := _ask([[name, "filter", _list] | some name in packages])
	every answer in filters { answer != null }
}
