"""Give whoever might change blocked words the same rights about moderation rules."""

from django.db import migrations


def copy_rights(apps, schema_editor):
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    for former in permissions.filter(
        content_type__app_label="generation", content_type__model="blockedword"
    ):
        # Django creates them only after the migrations.
        action = former.codename.partition("_")[0]
        permission, _created = permissions.get_or_create(
            content_type=content_types.get_or_create(
                app_label="generation", model="moderationrule"
            )[0],
            codename=f"{action}_moderationrule",
            defaults={"name": f"Can {action} moderation rule"},
        )
        permission.group_set.add(*former.group_set.all())
        permission.user_set.add(*former.user_set.all())


class Migration(migrations.Migration):

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("generation", "0049_keep_unread_replies"),
    ]

    operations = [
        migrations.RunPython(copy_rights, migrations.RunPython.noop),
    ]
