import inspect
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings
from django.core.mail import EmailMessage

from accounts.emails import security_notices, texts
from generation.moderation import decision_emails
from generation.operations.alerts import messages
from generation.user_data import exports


@pytest.mark.parametrize(
    ("app", "modules"),
    [
        ("accounts", (texts, security_notices)),
        ("generation", (decision_emails, exports, messages)),
    ],
)
def test_it_has_a_function_and_templates_of_one_name_for_each_email(
    app: str, modules: tuple[ModuleType, ...]
) -> None:
    emails = {
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and function.__annotations__.get("return") is EmailMessage
        and not name.startswith("_")
    }
    folder = Path(settings.BASE_DIR) / app / "templates" / app / "emails"
    names = {path.name for path in folder.iterdir() if not path.name.startswith("_")}
    assert names == {f"{email}{part}.txt" for email in emails for part in ("", "_subject")}
