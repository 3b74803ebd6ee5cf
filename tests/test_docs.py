"""The documents name what is there: files, scripts, commands and their options."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from chaos.commands.cli import cli
from chaos.faults.base import Field
from chaos.undo import entries
from tests.suites.runs import ROOT

BUILT = {"chaos/bundled"}  # in the wheel alone
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = "finesse-chaos"


def _commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every sub-command that does something, "mock up" for instance."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, f"{before}{name} ")
        else:
            yield before + name, command


COMMANDS = dict(_commands(cli))


def told(text: str) -> list[list[str]]:
    """The command lines in a document: words after `finesse-chaos`, in backquotes, in code blocks and in prose."""
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?:\$ )?(.*)$", "\n".join(_blocks(text)), re.MULTILINE)
    found = []
    for line in code:
        for words in re.findall(rf"(?:^|[\s/]){COMMAND}((?: +[^\s#|>`;]+)+)", line):
            found.append(words.split())
    return found


def _blocks(text: str) -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def wrong_in(words: list[str]) -> str | None:
    """What is wrong with a command line that a document tells, None if nothing."""
    name = next((name for name in COMMANDS if words[: len(name.split())] == name.split()), None)
    if name is None:
        is_group = words[0] in cli.commands
        return None if words[0].startswith("-") or (is_group and len(words) == 1) else f"no command {words[0]!r}"
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts} | {"--help", "-h"}
    unknown = [word for word in words if re.match(r"--?[a-z]", word) and word.partition("=")[0] not in known]
    return f"{name} has no option {unknown}" if unknown else None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_and_option_that_a_document_tells_is_there(document: Path) -> None:
    lines = told(document.read_text(encoding="utf-8"))
    wrong = {" ".join(words): why for words in lines if (why := wrong_in(words)) is not None}
    assert wrong == {}


def test_a_command_or_option_that_is_not_there_is_noticed() -> None:
    lines = told("Use `finesse-chaos fly -i x`, `finesse-chaos run --wings`\n```sh\nfinesse-chaos mock down\n```\n")
    said = [wrong_in(words) for words in lines]
    assert said == ["no command 'fly'", "run has no option ['--wings']", "no command 'mock'"]
    assert [wrong_in(words) for words in told("`finesse-chaos mock up`, `finesse-chaos run CTI -i my-lab.yaml`")] == [
        None
    ] * 2


def test_the_first_page_names_every_command() -> None:
    first_page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"{COMMAND} {name}" not in first_page] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    tops = "chaos|suites|inventories|tests|docs|scripts|\\.ci"
    files = re.findall(rf"(?<![\w./-])((?:{tops})/[\w./*-]*\w)", text)
    missing = [link for link in links if not (document.parent / link).exists()]
    missing += [name for name in files if name not in BUILT and not list(ROOT.glob(name))]
    assert missing == []


ADDING = ROOT / "docs" / "adding.md"
EXAMPLES = re.findall(r"^`([^`]+)`\n```python\n(.*?)^```", ADDING.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("file", "example"), EXAMPLES, ids=[file for file, _ in EXAMPLES])
def test_what_is_shown_as_an_example_stands_so_in_its_file(file: str, example: str) -> None:
    assert example.strip("\n") in (ROOT / file).read_text(encoding="utf-8")


def test_the_imports_that_whoever_adds_something_is_told_are_there() -> None:
    """Where `Judge`, `Experiment` and `check` come from stood nowhere."""
    told = re.findall(r"^from (\S+) import (.+)$", ADDING.read_text(encoding="utf-8"), re.MULTILINE)
    named = {(module, name) for module, names in told for name in names.partition(" as ")[0].split(", ")}
    assert named >= {("chaos.plugin", "Judge"), ("chaos.experiment", "Stage"), ("chaos.verdicts.check", "check")}
    for module, name in named:
        there = importlib.import_module(module)
        assert hasattr(there, name) or importlib.import_module(f"{module}.{name}"), f"{module} has no {name}"


def test_whoever_copies_the_fault_that_does_nothing_sees_what_is_owed_before_a_change() -> None:
    """The recipe spoke of `field.undo`, and no example had it."""
    text = (ROOT / "chaos" / "faults" / "noop.py").read_text(encoding="utf-8")
    for call in (
        "field.undo.before(ServiceAsFound(",
        "field.undo.done(service_thing(",
        "field.put_right(service_thing(",
    ):
        assert f"await {call}" in text
    for of, name in ((entries.UndoLog, "before"), (entries.UndoLog, "done"), (Field, "put_right")):
        assert inspect.iscoroutinefunction(getattr(of, name))


def test_a_defect_a_fault_a_check_and_a_subject_are_shown() -> None:
    assert {file.rpartition("/")[0] for file, _ in EXAMPLES} >= {
        "chaos/mock/defects", "chaos/faults", "chaos/verdicts/cti", "chaos/subjects",
    }  # fmt: skip


README = (ROOT / "README.md").read_text(encoding="utf-8")
VERDICTS = ROOT / "chaos" / "verdicts"
# "CTI-04 VIOLATED: fin-a gave …", whatever case it stands in: its family, and what is said.
QUOTES = re.findall(r"\b([A-Z]+)-\d\d VIOLATED: ([^|\n]+?) *(?:\||$)", README, re.MULTILINE)
# So much of a quote is a text's own letters: what fits "{node}: {why}" alone is no quote of it.
OWN_MIN = 0.5
# What stands inside a text by a name of its own: a constant of the same file.
CONSTANT = re.compile(r"^(_?[A-Z][A-Z_]+) = \"(.*)\"$", re.MULTILINE)


def texts_in(source: str) -> list[str]:
    """Patterns of all texts of a source file: what is filled in is anything, but for constants of that file."""
    constants = dict(CONSTANT.findall(source))
    return [
        "".join(_part(part, constants) for part in (node.values if isinstance(node, ast.JoinedStr) else [node]))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
    ]


def _part(part: ast.expr, constants: dict[str, str]) -> str:
    if isinstance(part, ast.Constant):
        return re.escape(str(part.value))
    name = part.value.id if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) else ""
    return re.escape(constants[name]) if name in constants else ".+"


def is_said(quote: str, patterns: list[str]) -> bool:
    """Whether one of the texts says just that, maybe after "NODE: in the gap …", which another one puts before it."""
    long_enough = [one for one in patterns if len(re.sub(r"\.\+|\\\\", "", one)) >= OWN_MIN * len(quote)]
    starts = [quote, *(quote[found.end() :] for found in re.finditer(r"^\S+: in the gap ", quote))]
    return any(re.fullmatch(one, start) for one in long_enough for start in starts)


@pytest.mark.parametrize(("family", "quote"), QUOTES, ids=[quote for _, quote in QUOTES])
def test_what_the_first_page_quotes_is_what_a_check_of_that_family_says(family: str, quote: str) -> None:
    sources = (VERDICTS / family.lower()).rglob("*.py")
    assert is_said(quote, [text for source in sources for text in texts_in(source.read_text(encoding="utf-8"))])


def test_a_quote_that_no_check_says_is_noticed() -> None:
    said = texts_in('_KEY = "x: lost"\nf"{client} gave up after {seen!r} ({_KEY})"\nf"{node}: {why}"\n')
    quotes = ("fin-a gave up after 'xx' (x: lost)", "fin-a gave up after 'xx' (x: kept)", "fin-a: gave up after 'xx'")
    assert [is_said(quote, said) for quote in quotes] == [True, False, False]
    assert len(QUOTES) >= 10


def test_how_long_all_of_it_takes_a_lab_is_what_plan_says() -> None:
    """Whoever set it to be played in one night was told by nobody that it takes longer."""
    last = CliRunner().invoke(cli, ["plan", "--real-time"]).output.split("real clock: ")[-1]
    planned = [int(hours) + int(minutes) / 60 for hours, minutes in re.findall(r"(\d+) h (\d+) min", last)]
    said = re.search(r"takes a lab (\d+) to (\d+) hours", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert said is not None
    assert [float(hours) for hours in said.groups()] == pytest.approx(planned, abs=1.0)
    nights = (ROOT / "docs" / "nights.md").read_text(encoding="utf-8")
    assert f"about {said[1]} hours, and up to {said[2]}" in nights


def test_how_many_breaks_are_caught_is_no_less_than_the_first_page_says() -> None:
    """It says "more than", so that it stays true while breaks are added: docs/defects.md has the figures themselves."""
    told = re.search(r"more than ([\d,]+) breaks, of which more than (\d+) in 100 are caught", README)
    head = re.search(r"\*\*(\d+) of (\d+) that were played", (ROOT / "docs" / "defects.md").read_text(encoding="utf-8"))
    assert told is not None
    assert head is not None
    (breaks, percent), (caught, played) = (int(one.replace(",", "")) for one in told.groups()), map(int, head.groups())
    assert played > breaks
    assert 100 * caught > percent * played
