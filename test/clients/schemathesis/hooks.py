"""Who asks, and what of theirs must outlast the run. The test says it in environment variables."""

import itertools
import json
import os

import requests
import schemathesis
from contract import is_expected

SERVER = os.environ["SERVER"]
# Headers and cookies of the caller; null for nobody.
CREDENTIALS = json.loads(os.environ["CREDENTIALS"])
# By what the path of an operation starts with: the id by which the caller lives, and another one to ask for instead.
SPARED = json.loads(os.environ["SPARED"])
# The one of the examples.
PASSWORD = os.environ["PASSWORD"]

# These end the credentials that they come with, and the others end a session or an API token that they come with.
LAST = {"POST /api/auth/logout", "POST /api/auth/password/change"}
LAST_OF_SESSION = LAST | {
    "POST /api/auth/login",
    "POST /api/auth/register",
    "DELETE /api/auth/sessions/{session_id}",
}
LAST_OF_TOKEN = LAST | {"POST /api/auth/api_token", "DELETE /api/auth/api_token"}
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")

guest_numbers = itertools.count(1)
call_numbers = itertools.count(1)


@schemathesis.auth(refresh_interval=None)
class Caller:
    """Signs each request as the caller, or as somebody new where that ends the credentials."""

    def get(self, case, context):
        if CREDENTIALS is None:
            return None
        if "cookies" in CREDENTIALS:
            last = LAST_OF_SESSION
        else:
            last = LAST_OF_TOKEN if CREDENTIALS["headers"]["Authorization"].startswith("Token ") else LAST
        return register_guest() if f"{case.method} {case.path}" in last else CREDENTIALS

    def set(self, case, data, context):
        case.headers.update(data.get("headers", {}))
        case.cookies.update(data.get("cookies", {}))


def register_guest():
    """Credentials of the caller's kind, of an account that nobody needs."""
    name = f"guest{next(guest_numbers)}"
    fields = {"username": name, "email": f"{name}@example.org", "password1": PASSWORD, "password2": PASSWORD}
    session = requests.Session()
    answer = session.post(f"{SERVER}/api/auth/register", json=fields, timeout=30)
    answer.raise_for_status()
    if "cookies" not in CREDENTIALS:
        return {"headers": {"Authorization": f"Token {answer.json()['key']}"}}
    cookies = session.cookies.get_dict()
    return {"headers": {"X-CSRFToken": cookies["csrftoken"]}, "cookies": cookies}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Keeps the caller alive, and most requests out of organizations that nobody made."""
    if case.meta is not None and case.meta.phase.name in ("fuzzing", "stateful") and next(call_numbers) % 4 != 0:
        forget_organization(case)
    spare(case)


def forget_organization(case):
    for name in ("org", "org_id"):
        case.query.pop(name, None)
    case.headers.pop("X-Organization", None)


def spare(case):
    """Nobody deletes, blocks or demotes themselves, nor ends the token that they come with."""
    if case.method in SAFE:
        return
    for path, ids in SPARED.items():
        if case.path.startswith(path) and str(case.path_parameters.get("id")) == str(ids["own"]):
            case.path_parameters["id"] = ids["other"]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return not is_expected(failure, case, response)
