"""All addresses of the site."""

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("api/", include("reclaim.api.urls")),
    path("", include("reclaim.web.urls")),
]
