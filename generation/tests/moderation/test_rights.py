"""Staff of earlier versions who might change blocked words may change moderation rules."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType

from artgen.testing.cases import make_user

RIGHTS = import_module("generation.migrations.0050_rights_of_moderators")


@pytest.mark.django_db
def test_it_keeps_the_rights_of_moderators() -> None:
    former = Permission.objects.create(
        content_type=ContentType.objects.create(app_label="generation", model="blockedword"),
        codename="change_blockedword",
    )
    alice, bob, carol = (make_user(f"{name}@example.org") for name in ("alice", "bob", "carol"))
    moderators = Group.objects.create(name="moderators")
    moderators.permissions.add(former)
    alice.groups.add(moderators)
    bob.user_permissions.add(former)
    # In an upgrade that creates the table, Django has not created the new rights yet.
    Permission.objects.filter(codename="change_moderationrule").delete()
    RIGHTS.copy_rights(apps, None)
    may = [user.has_perm("generation.change_moderationrule") for user in (alice, bob, carol)]
    assert may == [True, True, False]
