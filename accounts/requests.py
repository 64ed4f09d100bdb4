"""The request of somebody who is signed in."""

from django.http import HttpRequest

from accounts.models import User


class SignedInRequest(HttpRequest):
    """What a view behind `login_required` gets; a name for the type checker, nobody makes one."""

    user: User
