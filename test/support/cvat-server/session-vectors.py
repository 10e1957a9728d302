"""Prints sessions as the installed Django writes them, for test/unit/authentication/sessions/django-vectors.json.

    for bin in node_modules/.cache/cvat-server-*/bin; do $bin/python test/support/cvat-server/session-vectors.py; done
"""
import json
import pickle
from unittest import mock

import django
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.core import signing

# Fifty characters, out of those that CVAT draws from.
SECRET_KEY = "v1$n0t-a-s3cr3t#&*(-_=+)@!^%abcdefghijklmnopqrstuv"
settings.configure(SECRET_KEY=SECRET_KEY, INSTALLED_APPS=["django.contrib.sessions"])

LOGIN = {
    "_auth_user_id": "7",
    "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
    "_auth_user_hash": "0123456789abcdef" * 4,
}
READ = {
    "an empty session": {},
    "a session too short to compress": {"a": 1},
    "a login": LOGIN,
    "a login with what allauth and others keep": {
        **LOGIN,
        "account_authentication_methods": [{"method": "password", "at": 1700000000.25}],
        "account_verified_email": None,
    },
    "numbers and texts that JavaScript reads otherwise": {
        **LOGIN,
        "float": 1.0,
        "large": 123456789012345678901234567890,
        "nan": float("nan"),
        "text": 'é ü 名 😀 \\ " \x7f \u2028 }{][,:',
        "__proto__": {"nested": [{"}": "]"}]},
    },
}


class PickleSerializer:
    def dumps(self, obj):
        return pickle.dumps(obj)

    def loads(self, data):
        return pickle.loads(data)


def dumps(obj, **options):
    options = {"salt": SALT, "compress": True, **options}
    return signing.dumps(obj, **options)


SALT = SessionStore().key_salt
with mock.patch("time.time", return_value=1700000000):
    read = [
        {
            "name": name,
            "json": signing.JSONSerializer().dumps(data).decode("latin-1"),
            "encoded": SessionStore().encode(data),
        }
        for name, data in READ.items()
    ]
    refused = {
        "a session of another key": dumps(LOGIN, key=SECRET_KEY[::-1]),
        "a text of another salt": dumps(LOGIN, salt="account"),
        "a pickle": dumps(LOGIN, serializer=PickleSerializer),
        "a list": dumps([LOGIN]),
        "a number": dumps(7),
        "two megabytes of nothing": dumps({"a": " " * 2**21}),
    }
    broken = signing.TimestampSigner(salt=SALT)
    refused["compressed data that are none"] = broken.sign("." + signing.b64_encode(b"no zlib").decode())
    refused["JSON that is cut off"] = broken.sign(signing.b64_encode(b'{"_auth_user_id":"7"').decode())
    refused["no base64"] = broken.sign("***")
print(json.dumps({"django": django.get_version(), "secretKey": SECRET_KEY, "read": read, "refused": refused}))
