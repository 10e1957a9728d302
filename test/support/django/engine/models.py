from django.conf import settings
from django.db import models


class Profile(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    rating = models.FloatField(default=0.0)
    has_analytics_access = models.BooleanField(default=False)
    last_activity_date = models.DateTimeField(null=True, blank=True, default=None)


class Task(models.Model):
    """Of no concern to accounts, and full of them."""

    name = models.CharField(max_length=256)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
