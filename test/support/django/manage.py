"""Django with the models of CVAT that concern accounts, on the database that DATABASE_URL names.

    manage.py dumpdata ... | loaddata ... | run <statements>
"""
import os
import sys
from urllib.parse import urlparse

import django
from django.conf import settings

url = urlparse(os.environ["DATABASE_URL"])
settings.configure(
    SECRET_KEY="test",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path[1:],
            "USER": url.username,
            "HOST": url.hostname,
            "PORT": url.port,
        }
    },
    INSTALLED_APPS=[
        "django.contrib.contenttypes",
        "django.contrib.auth",
        "django.contrib.sites",
        "rest_framework.authtoken",
        "allauth.account",
        "access_tokens",
        "organizations",
        "engine",
    ],
    SITE_ID=1,
    MIDDLEWARE=["allauth.account.middleware.AccountMiddleware"],
    # As in CVAT: Django's own list.
)
django.setup()

if sys.argv[1] == "run":
    exec(sys.argv[2])
else:
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
