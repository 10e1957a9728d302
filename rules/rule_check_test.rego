package rule_check_test

import data.rule_check

test_a_file_that_parses_is_parsed if {
	rule_check.parsed with input as {"name": "a.rego", "text": "package a\n\nallow if input.scope == \"list\"\n"}
}

test_a_file_that_does_not_parse_is_not_parsed if {
	not rule_check.parsed with input as {"name": "a.rego", "text": "package a\n\nallow if {\n"}
}
