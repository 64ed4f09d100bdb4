import inspect
from pathlib import Path

from django.core.mail import EmailMessage

import generation
from generation.moderation import decision_emails
from generation.operations.alerts import messages
from generation.user_data import exports

TEMPLATES = Path(generation.__file__).parent / "templates" / "generation" / "emails"


def test_it_has_a_function_and_templates_of_one_name_for_each_email() -> None:
    emails = {
        name
        for module in (decision_emails, exports, messages)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and function.__annotations__.get("return") is EmailMessage
        and not name.startswith("_")
    }
    names = {path.name for path in TEMPLATES.iterdir() if not path.name.startswith("_")}
    assert names == {f"{email}{part}.txt" for email in emails for part in ("", "_subject")}
