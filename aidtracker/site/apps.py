"""The admin's own apps: one for its templates and files, one that puts our site in place of Django's."""

from django.apps import AppConfig
from django.contrib.admin import apps as django_admin


class SiteConfig(AppConfig):
    """Templates and static files of the admin, before the theme's, so that ours are found first."""

    name = "aidtracker.site"
    label = "aidtracker_site"
    default = True


class SiteAdminConfig(django_admin.AdminConfig):
    """django.contrib.admin with our site in it."""

    default_site = "aidtracker.site.admin.Site"
    default = False
