"""The operators' documents: each command works as it stands, and both editions say the same.

"Works" means: a program, service, target, option or argument of that name exists, and the parser of
a `manage.py` command accepts it. Scripts are run by tests of their own, see RUN_BY. What needs the
internet, a cluster or a machine of its own is not tried.
"""

import re
import tomllib
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, get_commands, load_command_class
from django.urls import is_valid_path

from artgen.environment.setting_names import documented
from generation.testing import documents

pytestmark = pytest.mark.slow

GUIDE = "DEPLOYMENT_INSTRUCTIONS.md"
KUBERNETES = "deploy/kubernetes/README.md"
TOPICS = sorted(
    str(path.relative_to(settings.BASE_DIR))
    for path in (settings.BASE_DIR / "deploy" / "docs").glob("*.md")
    if not path.name.endswith(".ru.md")
)
TRANSLATED_PAGES = (GUIDE, *TOPICS)
ALL = (*(edition for path in TRANSLATED_PAGES for edition in (path, path.replace(".md", ".ru.md"))),
       KUBERNETES, "README.md", "README.ru.md")  # fmt: skip
# Which test runs a script with the containers or processes around it.
RUN_BY = {
    "deploy/install.sh": "deploy/tests/test_install_stack.py",
    "deploy/upgrade.sh": "deploy/tests/test_upgrade.py",
    "deploy/backup.sh": "generation/tests/operations/test_backup.py",
    "deploy/restore.sh": "generation/tests/operations/test_backup.py",
}
# What stands for a value in the documents, and a value that a parser accepts.
PLACEHOLDERS = {
    "EMAIL": "you@example.org",
    "ID": "7",
    "N": "1",
    "D": "1",
    "DAYS": "1",
    "CREDITS": "1",
    "TIME": "2026-11-26T14:30",
    "S": "failed",
    "field=value…": "enabled=false",
}
# Programs of the machine, not of ArtGen.
OTHERS = {"cd", "cp", "grep", "git"}
OF_CLUSTERS_AND_SYSTEMS = {
    "adduser",
    "apt-get",
    "chown",
    "jq",
    "kubectl",
    "psql",
    "sh",
    "systemctl",
}
BY_COMPOSE = {"COMPOSE_FILE", "COMPOSE_PROFILES"}  # read by docker compose itself
BY_INSTALLER = {"ADMIN_EMAIL", "BUDGET", "DOMAIN"}
BY_DEMO = {"fill_explore", "prepare_demo"}  # commands that `make run` calls
BY_BACKUP = {"BACKUP_IDENTITY"}
TRANSLATED = {
    "ПРЕЖНЯЯ_ВЕРСИЯ": "PREVIOUS_VERSION",
    "ВЕРСИЯ": "VERSION",
    "ИМЯ": "NAME",
    "ТЕГ": "TAG",
}


def services() -> dict[str, dict]:
    found: dict[str, dict] = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
    return found["services"]


def usage(script: str) -> str:
    """Return the comment at the top of a script."""
    assert documents.exists(script), script
    return re.split(r"^(?!#)", documents.read(script), maxsplit=1, flags=re.MULTILINE)[0]


def check(words: tuple[str, ...], *, folder: Path = settings.BASE_DIR) -> None:
    """Raise AssertionError if this command is unknown, or has an argument that is."""
    match words:
        case ("python" | ".venv/bin/python" | "manage.py", *rest) if "manage.py" in words:
            check_management([word for word in rest if word != "manage.py"])
        case ("python", "-m", module, *_):
            assert find_spec(module), f"no module {module}"
        case (".venv/bin/pip", "install", "--require-hashes", "-r", file):
            assert documents.exists(file), file
        case ("make", *goals):
            makefile = documents.read("Makefile")
            for goal in goals:
                name, is_value, _ = goal.partition("=")
                pattern = rf"\$[({{]{name}[)}}]" if is_value else rf"^{name}:"
                assert name == "PORT" or re.search(pattern, makefile, re.MULTILINE), goal
        case ("docker", "compose", *rest):
            check_compose(rest)
        case ("docker", "build", "-f", file, "--target", target, *_):
            assert re.search(rf"^FROM .* AS {target}$", documents.read(file), re.MULTILINE), target
        case ("docker", "push", _):
            pass
        case ("sudo", "-u", _, *rest):
            check(tuple(rest), folder=folder)
        case ("curl", *rest):
            address = next(word for word in rest if re.match(r"https?:|localhost", word))
            path = "/" + address.partition("://")[2].partition("/")[2]
            path = path if "://" in address else address.removeprefix("localhost:8000")
            assert is_valid_path(path.partition("?")[0]), path
        case ("cp", source, *_):
            assert documents.exists(source, beside=folder), source
        case (script, *rest) if script.startswith(("deploy/", "nginx/")):
            assert documents.exists(script), script
            for option in rest:
                assert option in usage(script) or documents.exists(option.split("/")[0]), option
            assert script not in RUN_BY or script.rpartition("/")[2] in documents.read(
                RUN_BY[script]
            )
        case (program, *_):
            assert program in OTHERS | OF_CLUSTERS_AND_SYSTEMS, f"{program} is not known"


def check_management(words: list[str]) -> None:
    """Raise AssertionError if `manage.py` does not accept these words."""
    name, *rest = words
    assert name in get_commands(), f"no command {name}"
    command = load_command_class(get_commands()[name], name)
    parser = command.create_parser("manage.py", name)
    if not rest:
        return
    try:
        parser.parse_args([PLACEHOLDERS.get(word, word) for word in rest])
    except CommandError as error:
        raise AssertionError(f"{' '.join(words)}: {error}") from error


def check_compose(words: list[str]) -> None:
    """Raise AssertionError if docker-compose.yml has no such service, or it cannot run this."""
    left = list(words)
    while left[0] == "--profile":
        assert any(left[1] in one.get("profiles", []) for one in services().values()), left[1]
        del left[:2]
    known = {
        "build": set(),
        "down": {"-v"},
        "exec": set(),
        "logs": {"-f", "--tail", "--no-log-prefix"},
        "ps": {"-a"},
        "pull": set(),
        "restart": set(),
        "run": {"--rm", "-T", "--no-deps", "--entrypoint", "-e"},
        "stop": set(),
        "up": {"-d", "--wait", "--build", "--no-deps", "--scale", "-t"},
    }
    verb = left.pop(0)
    assert verb in known, verb
    entrypoint = None
    options = set()
    while left and left[0].startswith("-"):
        option = left.pop(0)
        assert option in known[verb], option
        options.add(option)
        if option == "--scale":
            assert left.pop(0).partition("=")[0] in services()
        elif option == "--entrypoint":
            entrypoint = left.pop(0)
        elif option in ("--tail", "-t", "-e"):
            left.pop(0)
    if verb in ("exec", "run"):
        service, *command = left
        assert service in services(), service
        if verb == "run" and "--no-deps" not in options:
            others = services()[service].get("depends_on", {}).keys() - {"postgres", "redis"}
            assert not others, f"without --no-deps compose may restart {', '.join(sorted(others))}"
        check_inside(service, command, entrypoint=entrypoint)
        return
    for service in left:
        assert service in services(), service


def check_inside(service: str, command: list[str], *, entrypoint: str | None) -> None:
    """Raise AssertionError if the container of that service does not know the command."""
    if not (command or entrypoint):  # its own
        return
    scripts = {"certificate": "deploy/certificate.sh", "backup": "deploy/backup.sh"}
    if entrypoint == "deploy/restore.sh":
        check_management(["restore", *command])
    elif entrypoint == "python":
        check((entrypoint, *command))
    elif entrypoint or service in ("nginx", "grafana"):
        program = entrypoint or command[0]
        assert program in ("tar", "touch", "rm", "cat", "grafana"), program
    elif command[0] == "python":
        check(tuple(command))
    else:
        script = scripts.get(service, "deploy/start.sh")
        assert re.search(rf"^#   {re.escape(command[0])}\b", usage(script), re.MULTILINE), command


class TestCommands:
    @pytest.mark.parametrize("path", ALL)
    def test_it_has_none_that_is_unknown(self, path: str) -> None:
        folder = (settings.BASE_DIR / path).parent
        found = [one for section in documents.sections(documents.read(path))
                 for one in section.commands]  # fmt: skip
        assert found or "models" in path or "data" in path
        for command in found:
            try:
                check(command.words, folder=folder)
            except AssertionError as wrong:
                raise AssertionError(f"{path}: {command.line}: {wrong}") from wrong

    @pytest.mark.parametrize("path", ALL)
    def test_it_names_only_known_ones_in_its_sentences(self, path: str) -> None:
        text = documents.read(path)
        for span in documents.spans(text):
            if re.match(r"(docker compose|make|deploy/\S+\.sh|(\S+/)?python|manage.py) ", span):
                command = next(documents.split(span))
                words = command.words
            elif span.partition(" ")[0] in get_commands() and " " in span and "[" not in span:
                words = ("manage.py", *span.split())
            else:
                continue
            words = tuple(re.sub("=…$", "=1", word) for word in words if word != "…")
            if words[-1] in ("manage.py", "COMMAND"):
                continue
            check(words)

    def test_it_lists_each_command_of_operators(self) -> None:
        named = set(documents.spans(documents.read("README.md")))
        own = {name for name, app in get_commands().items() if app in ("accounts", "generation")}
        assert own - BY_DEMO <= named

    @pytest.mark.parametrize("path", ALL)
    def test_it_sets_only_variables_that_are_documented(self, path: str) -> None:
        known = set(documented()) | BY_COMPOSE | BY_INSTALLER | BY_BACKUP
        for section in documents.sections(documents.read(path)):
            names = {line.partition("=")[0] for line in section.settings}
            names |= {name for one in section.commands for name in one.environment}
            assert names <= known, section.title


class TestEngineersDocuments:
    @pytest.mark.parametrize("path", ["ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"])
    def test_it_names_only_files_that_exist(self, path: str) -> None:
        named = documents.paths(documents.read(path))
        assert len(named) >= 10
        assert [name for name in named if not documents.exists(name)] == []

    @pytest.mark.parametrize("app", ["artgen", "accounts", "generation", "deploy"])
    def test_it_finds_what_comments_and_docstrings_name(self, app: str) -> None:
        unknown = [
            (str(path), name)
            for path in sorted((settings.BASE_DIR / app).rglob("*.py"))
            if not {"tests", "migrations"}.intersection(path.parts)
            for name in documents.names_in_comments(path)
            if not documents.is_known(name)
        ]
        assert unknown == []

    def test_it_answers_where_to_change_something_by_a_file_and_a_name_in_it(self) -> None:
        rows = re.findall(r"^\| ([^|]+) \| (`.+`) \|$", documents.read("ARCHITECTURE.md"), re.M)
        assert len(rows) >= 20
        for question, answer in rows:
            place, *names = documents.spans(answer)
            assert documents.exists(place), question
            for name in names:
                if "/" in name:
                    assert documents.exists(name), question
                else:
                    assert re.search(rf"\b{name}\b", documents.read(place)), question

    def test_it_says_why_each_library_is_here(self) -> None:
        project = tomllib.loads(documents.read("pyproject.toml"))
        groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
        direct = {
            re.split(r"[\[<>=!]", entry)[0]
            for group in groups
            for entry in group
            if isinstance(entry, str)
        }
        table = documents.read("ARCHITECTURE.md").partition("## Libraries")[2]
        named = re.findall(r"^\| (.+?) \|", table, re.MULTILINE)[1:]
        assert {name for cell in named for name in cell.split(", ")} - {"---"} == direct


class TestEditions:
    """The Russian edition has what the English one has."""

    @staticmethod
    def compare(path: str, what: Callable[[documents.Section], object]) -> None:
        english, russian = (documents.sections(one) for one in documents.editions(path))
        assert [one.level for one in english] == [one.level for one in russian]
        for left, right in zip(english, russian, strict=True):
            assert what(left) == what(right), f"{left.title} / {right.title}"

    @staticmethod
    def plain(text: str) -> str:
        for russian, english in TRANSLATED.items():
            text = text.replace(russian, english)
        return text

    @pytest.mark.parametrize("path", TRANSLATED_PAGES)
    def test_it_has_the_same_commands_and_settings_in_each_section(self, path: str) -> None:
        def commands(section: documents.Section) -> object:
            return ([self.plain(" ".join(one.words)) for one in section.commands], section.settings)

        self.compare(path, commands)

    @pytest.mark.parametrize("path", TRANSLATED_PAGES)
    def test_it_names_the_same_commands_settings_and_files(self, path: str) -> None:
        def names(section: documents.Section) -> object:
            return sorted(self.plain(span) for span in set(documents.spans(section.text)))

        self.compare(path, names)

    def test_it_has_the_same_commands_in_both_readmes(self) -> None:
        def commands(path: str) -> list[str]:
            found = [one for part in documents.sections(documents.read(path))
                     for one in part.commands]  # fmt: skip
            return [re.sub('"prompt": ".*?"', "", " ".join(one.words)) for one in found]

        assert commands("README.md") == commands("README.ru.md")
