"""The page that a banned person sees."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.models import User
from accounts.sessions.time_zones import zone_of


def show(request: HttpRequest, user: User) -> HttpResponse:
    with timezone.override(zone_of(user.time_zone)):
        context = {
            "reason": user.ban_reason,
            "until": user.banned_until,
            "contact": settings.CONTACT,
        }
        return render(request, "accounts/banned.html", context, status=403)
