"""Django's default, but for the rounds: the tests sign in a hundred times, and nobody attacks their passwords."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    iterations = 1000
