# METADATA
# title: Rule check
# description: |
#   Not in CVAT. Whether this OPA can read a file of rules, which the server asks before it puts an edited file into
#   the bundle.
# schemas:
#   - input: schema.rule_file
package rule_check

# METADATA
# description: True for a file that parses. For any other it is an error, and says where.
parsed if rego.parse_module(input.name, input.text)
