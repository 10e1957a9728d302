"""The sliding renewal of CVAT: a second cookie ends after a day, and without it a session is saved anew."""

from django.conf import settings

COOKIE = "sessionfresh"
DAY = 24 * 60 * 60


class RefreshSessions:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        is_fresh = COOKIE in request.COOKIES
        if request.session.is_empty():
            if is_fresh:
                response.delete_cookie(COOKIE, samesite="Lax")
        elif not is_fresh and response.status_code < 500:
            age = min(DAY, request.session.get_expiry_age() // 2)
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(COOKIE, "1", max_age=age, httponly=True, samesite="Lax", secure=secure)
            request.session.modified = True
        return response
