from django.conf import settings
from django.db import models


class AccessToken(models.Model):
    id = models.AutoField(primary_key=True)
    prefix = models.CharField(max_length=8, unique=True)
    hashed_key = models.CharField(max_length=150)
    created = models.DateTimeField(auto_now_add=True, db_index=True)
    name = models.CharField(max_length=50)
    revoked = models.BooleanField(blank=True, default=False)
    expiry_date = models.DateTimeField(blank=True, null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_tokens")
    updated_date = models.DateTimeField(auto_now=True)
    last_used_date = models.DateTimeField(null=True, default=None)
    read_only = models.BooleanField(default=False)
