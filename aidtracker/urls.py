"""All addresses. Admin for people, /api/ for systems, health for whatever watches over the process."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from aidtracker.health import healthz, readyz

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("aidtracker.api.urls")),
    path("healthz", healthz),
    path("readyz", readyz),
]

handler400 = "aidtracker.api.errors.bad_request"
handler403 = "aidtracker.api.errors.permission_denied"
handler404 = "aidtracker.api.errors.page_not_found"
handler500 = "aidtracker.api.errors.server_error"
