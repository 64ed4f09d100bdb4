"""What a migration may do while the version before it still serves."""

from django.core.checks import run_checks
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from artgen import migration_checks

STATE = MigrationLoader(None).project_state()


def problems(*operations: migrations.operations.base.Operation) -> list[str]:
    """Return what is wrong with a migration of `accounts` that comes after all others."""
    migration = migrations.Migration("9999_next", "accounts")
    migration.operations = list(operations)
    return list(migration_checks.problems(migration, STATE))


class TestExpansion:
    def test_it_lets_tables_columns_and_indexes_be_added(self) -> None:
        found = problems(
            migrations.CreateModel("Note", [("id", models.BigAutoField(primary_key=True))]),
            migrations.AddField("note", "text", models.TextField()),
            migrations.AddConstraint(
                "note", models.CheckConstraint(condition=~models.Q(text=""), name="said")
            ),
            migrations.AddField("user", "motto", models.TextField(null=True)),
            migrations.AddField("user", "rank", models.IntegerField(db_default=0)),
            migrations.AddConstraint(
                "user", models.CheckConstraint(condition=models.Q(rank__gte=0), name="ranked")
            ),
            migrations.AddIndex("user", models.Index(fields=["rank"], name="by_rank")),
            migrations.RunPython(migrations.RunPython.noop),
        )
        assert found == []

    def test_it_refuses_a_column_that_old_code_does_not_fill(self) -> None:
        found = problems(migrations.AddField("user", "rank", models.IntegerField(default=0)))
        assert found == ["user.rank needs null=True or db_default"]

    def test_it_refuses_to_take_away_and_to_rename(self) -> None:
        assert problems(migrations.RemoveField("user", "email")) == ["remove field email from user"]
        assert problems(migrations.RenameField("user", "email", "mail")) == [
            "rename field email on user to mail"
        ]
        assert problems(migrations.DeleteModel("user")) == ["delete model user"]
        assert problems(migrations.RunSQL("SELECT 1")) == ["it runs SQL, which cannot be checked"]

    def test_it_refuses_to_tighten(self) -> None:
        constraint = models.CheckConstraint(condition=~models.Q(email=""), name="has_email")
        assert problems(migrations.AddConstraint("user", constraint)) == [
            "user gets the constraint has_email"
        ]
        found = ["user.last_login changes its type or gets narrower"]
        assert (
            problems(migrations.AlterField("user", "last_login", models.DateTimeField())) == found
        )
        assert (
            problems(migrations.AlterField("user", "last_login", models.DateField(null=True)))
            == found
        )

    def test_it_lets_words_and_choices_change(self) -> None:
        field = STATE.models["accounts", "user"].fields["last_login"].clone()
        field.verbose_name, field.help_text = "seen", "when"
        assert problems(migrations.AlterField("user", "last_login", field)) == []

    def test_it_accepts_all_migrations_of_the_project(self) -> None:
        assert run_checks(tags=[migration_checks.MIGRATIONS]) == []
