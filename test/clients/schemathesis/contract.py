"""What CVAT answers on purpose and no OpenAPI 3.0 document can say. Whatever else a check finds is a failure."""

import json
import re
from urllib.parse import parse_qs, urlsplit

# 400 for data that fit the schema: rules between two fields, and rules about what is stored or who asks. The answer
# must consist of these texts; any other one is a rule that the document should have had.
ORGANIZATION = (
    r'You cannot specify "org_id" query parameter with "org" query parameter or "X-Organization" HTTP header at the'
    r" same time\.",
    r'You cannot specify "org" query parameter and "X-Organization" HTTP header with different values\.',
    r'You cannot specify "org_id" query parameter with different values\.',
)
# `ProhibitNullCharactersValidator` of Django: text of every field.
NULL = r"Null characters are not allowed\."
USERNAME_TAKEN = r"A user with that username already exists\."
EMAIL_TAKEN = r"A user is already registered with this e-mail address\."
# Django takes letters of every script, which a pattern of OpenAPI 3.0 (ECMA 262, 5.1) cannot list.
USERNAME_LETTERS = r"Enter a valid username\. This value may contain only letters, numbers, and @/\./\+/-/_ .*"
# Roles are rows of a table.
NO_SUCH_GROUP = r"Object with name=.* does not exist\."
# `SlugRelatedField` of DRF: a name that PostgreSQL cannot be asked for.
IMPOSSIBLE_GROUP = r"Invalid value\."
SLUG_TAKEN = r"organization with this slug already exists\."
# Validators that compare a password with lists and with other fields (django.contrib.auth.password_validation).
PASSWORDS_DIFFER = r"The two password fields didn’t match\."
PASSWORD_RULES = (
    r"This password is too short\. It must contain at least 8 characters\.",
    r"This password is too common\.",
    r"This password is entirely numeric\.",
    r"The password is too similar to the .*\.",
)
OWNER_STAYS = r"The owner keeps this role until the organization is transferred to another member\."
NO_SUCH_ORGANIZATION = r'Invalid pk ".*" - object does not exist\.'
ONE_OWNER = r"An organization has one owner\. To make another member the owner, transfer the organization\."
EXPIRED = r"Your invitation is expired\. Please contact organization owner to renew it\."
ACCEPTED = r"(Your|This) invitation is already accepted\."
LAST_OF_THEM = r"This is the last active (superuser|member of the group admin)\. .*"
# Codes are good for a minute, and an account has an app or not.
FACTOR_CODES = (
    r"The code is wrong or too old, or it was used before\.",
    r"No authenticator app is (being )?set up\.",
    r"No second factor is set up\.",
    r"An authenticator app is set up already\. Remove it first\.",
)
KEYS = (
    r"This took too long, or began in another browser\. Try it again\.",
    r"The key was refused\. Try it again, or use another one\.",
    r"This passkey opens no account here\. Sign in in another way\.",
)
NOT_BEGUN = r"This sign-in is too old, or began in another browser\. Sign in again\."
RULES = {
    "POST /api/auth/login": (
        r"Unable to login with provided credentials",
        r"Unable to log in with provided credentials\.",
        r'Must include either "username" or "email" and "password"\.',
    ),
    "POST /api/auth/register": (USERNAME_TAKEN, EMAIL_TAKEN, USERNAME_LETTERS, PASSWORDS_DIFFER, *PASSWORD_RULES),
    "POST /api/auth/email/change": (
        r"Your password was entered incorrectly\. Please enter it again\.",
        r"This is already the e-mail address of the account\.",
        EMAIL_TAKEN,
    ),
    "POST /api/auth/password/change": (
        r"Your old password was entered incorrectly\. Please enter it again\.",
        PASSWORDS_DIFFER,
        *PASSWORD_RULES,
    ),
    # The user id and the token are those of a mail.
    "POST /api/auth/password/reset/confirm": (r"Invalid value", PASSWORDS_DIFFER, *PASSWORD_RULES),
    "POST /api/users": (USERNAME_TAKEN, EMAIL_TAKEN, USERNAME_LETTERS, NO_SUCH_GROUP, IMPOSSIBLE_GROUP, *PASSWORD_RULES),
    "PATCH /api/users/{id}": (USERNAME_TAKEN, USERNAME_LETTERS, NO_SUCH_GROUP, IMPOSSIBLE_GROUP, LAST_OF_THEM),
    "DELETE /api/users/{id}": (LAST_OF_THEM,),
    # The choice is among the providers of the server.
    "POST /api/auth/linked_accounts": (r'".*" is not a valid choice\.',),
    "POST /api/organizations": (SLUG_TAKEN,),
    "PATCH /api/organizations/{id}": (SLUG_TAKEN,),
    "POST /api/organizations/{id}/transfer": (r"Choose another active member of the organization\.",),
    # It asks for a second factor of the person who requires it.
    "PATCH /api/organizations/{id}/factor_requirement": (r"Set up a second factor of your own first\.",),
    "PATCH /api/memberships/{id}": (OWNER_STAYS, ONE_OWNER),
    "DELETE /api/memberships/{id}": (OWNER_STAYS,),
    "POST /api/invitations": (
        r'An invitation needs an organization: name it with "org", "org_id" or "X-Organization"\.',
        r"The user is a member of the organization already\.",
        ONE_OWNER,
    ),
    # The parameter is not required: without it the answer is an error of its own.
    "PATCH /api/invitations/{key}": (
        r'An invitation can only be changed with "\?accepted"\.',
        EXPIRED,
    ),
    "POST /api/invitations/{key}/accept": (EXPIRED, ACCEPTED),
    "POST /api/invitations/{key}/decline": (EXPIRED, ACCEPTED),
    "POST /api/invitations/{key}/resend": (ACCEPTED,),
    # Only organizations of the caller can be named.
    "POST /api/auth/access_tokens": (NO_SUCH_ORGANIZATION,),
    "PATCH /api/auth/access_tokens/{id}": (NO_SUCH_ORGANIZATION,),
    "POST /api/auth/factors/totp": FACTOR_CODES,
    "DELETE /api/auth/factors/totp": FACTOR_CODES,
    "POST /api/auth/factors/totp/confirm": FACTOR_CODES,
    "POST /api/auth/factors/recovery-codes": FACTOR_CODES,
    "POST /api/auth/factors/proof": FACTOR_CODES,
    # A login has begun in another request.
    "POST /api/auth/login/code": (NOT_BEGUN,),
    "POST /api/auth/login/key": (NOT_BEGUN,),
    "GET /api/auth/login/key/options": (NOT_BEGUN,),
    # The document cannot say which challenge a browser was given, nor what a key signs.
    "POST /api/auth/login/passkey": KEYS,
    "POST /api/auth/factors/proof/webauthn": KEYS,
    "POST /api/auth/factors/webauthn": KEYS,
    "POST /api/auth/factors/webauthn/recovery-codes": FACTOR_CODES,
    # Which providers there are is in the settings.
    "GET /api/auth/sso/login-url/": (r"No identity provider is responsible for this request\.",),
    "GET /api/server/share": (r".* is an invalid directory",),
}
# JSON Logic is a language of its own: the document says `string` and names it.
FILTER = r"filter: .*"
# The document leaves out that JavaScript has integers up to 2^53 only; no id is larger.
INTEGER = r"A valid integer is required\."
# An account that gets its password by mail needs an address.
REQUIRED = r"This field is required\."

# Parameters whose wrong values are no values, as in CVAT: `PageNumberPagination.get_page_size` (DRF) falls back to the
# default, and a `NullBooleanSelect` (Django) takes a value that it cannot read for none. Empty is none everywhere.
IGNORED_WHEN_WRONG = {"page_size", "is_active"}
# dj-rest-auth: `EmailField(required=False, allow_blank=True)`, which drf-spectacular writes without the blank.
EMPTY_EMAIL = ("/api/auth/login", "email")
API_TOKENS = {"/api/auth/api_token", "/api/users/{id}/api_token", "/api/users/self/api_token"}
LISTS = {
    "/api/auth/sessions",
    "/api/users/{id}/sessions",
    "/api/auth/linked_accounts",
    "/api/users/{id}/linked_accounts",
}
FACTORS = "/api/users/{id}/factors"
BOOLEANS = {"0", "1", "t", "f", "y", "n", "yes", "no", "true", "false", "on", "off"}


def is_expected(failure, case, response):
    """Whether the contract asks for what a check objects to."""
    match type(failure).__name__:
        case "RejectedPositiveData":
            return response.status_code == 400 and breaks_rules(case, response)
        case "AcceptedNegativeData":
            return is_read_leniently(failure.message, case, response)
        case "AllowHeaderMismatch":
            # dj-rest-auth's view has a method for GET that answers 405: the header lists it, CVAT's document does not.
            differences = (failure.missing_methods, failure.undocumented_methods)
            return case.path == "/api/auth/logout" and differences == ([], ["GET"])
        case "UseAfterFree":
            # Ours: says whether an account has an API token, and answers no after its deletion.
            # Likewise, a list of sessions or identities is there after they ended.
            if case.path in LISTS:
                return case.method == "GET" and "results" in json.loads(response.text)
            # Likewise, an account has none after they were removed.
            if case.path == FACTORS:
                return case.method == "GET" and json.loads(response.text)["totp"]["enabled"] is False
            return case.path in API_TOKENS and json.loads(response.text) == {"exists": False, "created_date": None}
        case _:
            return False


def breaks_rules(case, response):
    operation = f"{case.method} {case.path}"
    rules = (*ORGANIZATION, NULL, *RULES.get(operation, ()))
    if "filter" in case.query:
        rules += (FILTER,)
    if has_unsafe_integer(case.body):
        rules += (INTEGER,)
    if operation == "POST /api/users" and isinstance(case.body, dict) and case.body.get("send_password_mail") is True:
        rules += (REQUIRED,)
    texts = list(texts_of(json.loads(response.text)))
    return texts != [] and all(any(re.fullmatch(rule, text, re.DOTALL) for rule in rules) for text in texts)


def has_unsafe_integer(body):
    return isinstance(body, dict) and any(isinstance(v, (int, float)) and abs(v) >= 2**53 for v in body.values())


def texts_of(answer):
    """The error texts of an answer, wherever they stand in it."""
    if isinstance(answer, str):
        yield answer
        return
    for inner in answer.values() if isinstance(answer, dict) else answer:
        yield from texts_of(inner)


def is_read_leniently(message, case, response):
    query = re.search(r"parameters? ((?:`\w+`(?:, )?)+) in query", message)
    if query:
        sent = parse_qs(urlsplit(response.request.url).query, keep_blank_values=True)
        return all(is_ignored(name, sent.get(name, [])) for name in re.findall(r"\w+", query[1]))
    body = re.search(r"in body - (?:violates `(\w+)` at /properties/(\w+)|(\w+): (.+))", message)
    if body is None or not isinstance(case.body, dict):
        return False
    name = body[2] or body[3]
    value = case.body.get(name)
    if (case.path, name) == EMPTY_EMAIL:
        return value == ""
    return (body[1] == "type" or body[4] == "Incorrect type") and is_coerced(value)


def is_ignored(name, values):
    """Whether a parameter of a query says nothing. Of several wrong ones, some may not be in the request at all."""
    return name in IGNORED_WHEN_WRONG or values[-1:] in ([], [""])


def is_coerced(value):
    """Whether DRF takes a value of another type: `CharField` reads numbers as text, `BooleanField` has spellings."""
    if isinstance(value, str):
        return value.lower() in BOOLEANS
    return isinstance(value, (int, float)) and not isinstance(value, bool)
