import inspect
from pathlib import Path

from django.core.mail import EmailMessage

from accounts.emails import security_notices, texts

TEMPLATES = Path(texts.__file__).parents[1] / "templates" / "accounts" / "emails"


def test_it_has_a_function_and_templates_of_one_name_for_each_email() -> None:
    emails = {
        name
        for module in (texts, security_notices)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and function.__annotations__["return"] is EmailMessage
    }
    assert {path.name for path in TEMPLATES.iterdir()} == {
        f"{email}{part}.txt" for email in emails for part in ("", "_subject")
    }
