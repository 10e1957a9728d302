"""The routes of CVAT that open and end sessions, and some that let a test see and change what Django keeps."""
import json

from dj_rest_auth.views import LoginView, LogoutView, PasswordChangeView
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from rest_framework.response import Response
from rest_framework.views import APIView


class Self(APIView):
    def get(self, request):
        return Response({"username": request.user.username})

    def post(self, request):
        return self.get(request)


@csrf_exempt
def session(request):
    """Sets what a request sends, and shows all that is in the session."""
    if request.method == "POST":
        sent = json.loads(request.body)
        if "expiry" in sent:
            request.session.set_expiry(sent.pop("expiry"))
        request.session.update(sent)
    data = dict(request.session.items())
    user = request.user.username if request.user.is_authenticated else None
    return JsonResponse({"key": request.session.session_key, "data": data, "user": user})


@csrf_exempt
def active(request, username, value):
    get_user_model().objects.filter(username=username).update(is_active=value == "true")
    return JsonResponse({})


@csrf_exempt
def clear(request):
    call_command("clearsessions")
    return JsonResponse({})


urlpatterns = [
    path("api/auth/login", LoginView.as_view()),
    path("api/auth/logout", LogoutView.as_view()),
    path("api/auth/password/change", PasswordChangeView.as_view()),
    path("api/users/self", Self.as_view()),
    path("test/session", session),
    path("test/active/<str:username>/<str:value>", active),
    path("test/clear", clear),
]
