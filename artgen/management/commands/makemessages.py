"""Django's command, which collects the texts of Jinja2 templates, too."""

from pathlib import Path

from django.core.management.commands import makemessages
from jinja2 import Environment

HTML = {"data", "comment", "comment_begin", "comment_end"}


def expressions(template: str) -> str:
    """Return the expressions of a template, which xgettext reads as Python."""
    tokens = Environment(autoescape=True).lex(template)
    return " ".join(text for _line, kind, text in tokens if kind not in HTML)


class BuildFile(makemessages.BuildFile):
    def preprocess(self) -> None:
        """Write what xgettext reads."""
        if "/jinja2/" in self.path:
            Path(self.work_path).write_text(expressions(Path(self.path).read_text()))
        else:
            super().preprocess()


class Command(makemessages.Command):
    build_file_class = BuildFile
