"""Files that are no inventory at all, YAML's traps, and the promise that loading opens one file only."""

import builtins
import os
import socket
import string
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chaos.errors import InventoryError
from chaos.inventory import Inventory, load
from chaos.inventory.reading import MAX_BYTES
from chaos.inventory.yamltree import MAX_NODES, read_tree, resolve
from tests.inventory.labs import LIVE, REPOSITORY, complaint, spoilt, written

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{this}: &{this} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, this in zip(string.ascii_lowercase, string.ascii_lowercase[1:12], strict=False)
)

# content, where it is reported with what was expected and found, part of the remedy
NO_INVENTORY: dict[str, tuple[str | bytes, str, str]] = {
    "empty": ("", "lab.yaml:1:1: expected an inventory, found an empty file", "start from"),
    "comments only": ("# nothing\n", "lab.yaml:1:1: expected an inventory, found an empty file", "start from"),
    "null": ("~\n", "lab.yaml:1:1: expected a mapping, found nothing", "'key: value'"),
    "a list": ("- a\n- b\n", "lab.yaml:1:1: expected a mapping, found a list of 2", "'key: value'"),
    "a word": ("hunter2\n", "lab.yaml:1:1: expected a mapping, found a single value (not shown)", "'key: value'"),
    "two documents": (
        LIVE + "---\n" + LIVE,
        "lab.yaml:28:1: expected one document, found a second one",
        "one inventory",
    ),
    "not UTF-8": (
        LIVE.encode() + b"# caf\xe9\n",
        "lab.yaml:28:6: expected UTF-8 text, found byte 0xe9",
        "save the file",
    ),
    "UTF-16": (LIVE.encode("utf-16"), "lab.yaml:1:1: expected UTF-8 text, found byte 0xff", "save the file"),
    "too large": (
        b"#" * MAX_BYTES + b"#",
        f"lab.yaml:1:1: expected an inventory file, found more than {MAX_BYTES} bytes",
        "the right file",
    ),
    "control character": (
        LIVE + "x: \x07",
        "lab.yaml:28:4: expected printable text, found a control character",
        "remove",
    ),
    "escape": (LIVE + 'x: "\\UFFFFFFFF"', "lab.yaml:1:1: expected YAML, found an escape that is no character", "\\x"),
    "tab": (spoilt("  local", "\tlocal"), "lab.yaml:17:1: expected YAML, found character '\\t'", "not tabs"),
    "open bracket": (LIVE + "x: [1,\n", "lab.yaml:29:1: expected YAML, found", "correct the YAML"),
    "open quote": (LIVE + 'x: "1\n', "lab.yaml:29:1: expected YAML, found unexpected end of stream", "close the"),
    "colon in a value": ("name: a: b\n", "lab.yaml:1:8: expected YAML, found mapping values are not", "contains ': '"),
    "no colon": (
        spoilt("release: 12.6(2)", "release"),
        "lab.yaml:6:1: expected YAML, found could not find",
        "': ' after it",
    ),
    "wrong indentation": ("a: 1\n  b: 2\n", "lab.yaml:2:4: expected YAML, found mapping values", "indentation"),
    "brace left open": (
        "a: {b: 1\nc: 2\n",
        "lab.yaml:2:2: expected YAML, found expected ',' or '}'",
        "close the bracket",
    ),
    "percent sign": ("a: %b\n", "lab.yaml:1:4: expected YAML, found character '%'", "quote a value"),
    "deep": ("[" * 500, "lab.yaml:1:33: [0]", "an inventory needs six"),
    "alias bomb": (BOMB, f"expected at most {MAX_NODES} values, found more, counting aliases", "write out"),
    "alias to itself": (
        "a: &a [*a]\n",
        "lab.yaml:1:8: a[0]: expected an alias to an earlier anchor, found an alias inside",
        "out",
    ),
    "alias to nothing": (
        "a: *hunter2\n",
        "lab.yaml:1:4: a: expected an alias to an earlier anchor, found an alias w",
        "'*'",
    ),
    "tag": ("name: !hunter2 x\n", "lab.yaml:1:7: name: expected plain YAML, found a tag", "begins with '!'"),
    "python tag": (
        "name: !!python/object/apply:os.system [id]\n",
        "lab.yaml:1:7: name: expected plain YAML",
        "remove it",
    ),
    "list as key": (
        "? [a]\n: b\n",
        "lab.yaml:1:3: expected a name as key, found a list or mapping as key",
        "name: value",
    ),
    "key twice": (
        LIVE + "name: b\n",
        "lab.yaml:28:1: name: expected each key once, found a second 'name'",
        "one of the two",
    ),
    "key twice, deep": (
        spoilt("user: boss", "user: boss, user: hunter"),
        "lab.yaml:22:21: admin.user: expected each key once, found a second 'user', the first is in line 22",
        "remove one",
    ),
    "half a character": (
        spoilt("name: lab\n", 'name: "\\ud800"\n'),
        "lab.yaml:1:7: name: expected text, found an escape that is half",
        "write the character",
    ),
    "half a character in a key": (
        LIVE + '"\\ud800": 1\n',
        "lab.yaml:28:1: expected text, found an escape that is half",
        "write the character",
    ),
}


@pytest.mark.parametrize("case", NO_INVENTORY.values(), ids=NO_INVENTORY.keys())
def test_what_is_no_inventory_is_refused_with_its_place_and_a_remedy(
    tmp_path: Path, case: tuple[str | bytes, str, str]
) -> None:
    content, problem, remedy = case
    said = complaint(tmp_path, content)
    said.encode("utf-8")
    (at,) = [number for number, line in enumerate(said.splitlines()) if problem in line]
    assert remedy in said.splitlines()[at + 1]
    assert "hunter2" not in said


def test_a_missing_file_a_folder_a_pipe_and_an_impossible_path_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, said in (
        (tmp_path / "none.yaml", "expected an inventory file, found no such file"),
        (tmp_path, "expected an inventory file, found a directory"),
        (pipe, "expected an inventory file, found a pipe"),
        (loop, "expected an inventory file, found a loop of symbolic links"),
        (Path("nul\0.yaml"), "expected an inventory file, found an impossible path"),
    ):
        with pytest.raises(InventoryError, match="nothing was touched") as caught:
            load(path)
        assert said in str(caught.value)


def test_a_bom_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    plain = load(written(tmp_path, LIVE))
    assert load(written(tmp_path, b"\xef\xbb\xbf" + LIVE.replace("\n", "\r\n").encode())) == plain


def test_an_alias_repeats_a_value(tmp_path: Path) -> None:
    text = spoilt("{env: BOSS}", "&boss {env: BOSS}").replace("{file: secrets/agents}", "*boss")
    assert load(written(tmp_path, text)).agents[0].password.env == "BOSS"
    # A mistake inside the repeated value is found at both places.
    assert complaint(tmp_path, text.replace("env: BOSS", "env: 1 2")).count("the name of an environment variable") == 4


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0123", "0123"),
        ("22:22", "22:22"),
        ("1e3", "1e3"),
        ("0x1F", "0x1F"),
        ("2020-01-01", "2020-01-01"),
        ("no", "no"),
    ],
)
def test_text_stays_as_it_was_written(tmp_path: Path, text: str, value: str) -> None:
    assert load(written(tmp_path, LIVE.replace("login: clara", f"login: {text}"))).agents[2].login == value


def test_numbers_and_constants_follow_the_core_schema() -> None:
    assert [resolve(text) for text in ("12", "-3", "0o17", "0x1f", "1.5", "2e1")] == [12, -3, 15, 31, 1.5, 20.0]
    assert [resolve(text) for text in ("true", "false", "null", "~", "")] == [True, False, None, None, None]
    assert [resolve(text) for text in ("yes", "True", ".inf", "9" * 50)] == ["yes", "True", ".inf", "9" * 50]
    assert read_tree("a: '12'\n").data == {"a": "12"}


def test_relative_paths_are_relative_to_the_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, LIVE)
    monkeypatch.chdir(tmp_path.parent)
    inventory = load(f"{tmp_path.name}/lab.yaml")
    assert inventory.tls.ca == tmp_path / "ca.pem"
    assert inventory.agents[0].password.file == tmp_path / "secrets" / "agents"
    assert load(written(tmp_path, spoilt("ca: ca.pem", "ca: /etc/ca.pem"))).tls.ca == Path("/etc/ca.pem")


@pytest.mark.parametrize("name", ["mock.yaml", "lab.example.yaml"])
def test_loading_opens_the_inventory_and_nothing_else(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    path = REPOSITORY / "inventories" / name
    load(path)  # whatever Python itself opens at a first use has been opened now
    opened = []
    real, by_number = os.open, builtins.open

    def recording(path: Any, *args: Any, **kwargs: Any) -> int:
        opened.append(path)
        return real(path, *args, **kwargs)

    def opening(file: Any, *args: Any, **kwargs: Any) -> Any:
        assert isinstance(file, int), "by its number, after it was seen to be a regular file"
        return by_number(file, *args, **kwargs)

    def forbidden(*args: object, **kwargs: object) -> Any:
        raise AssertionError(f"loading an inventory reached outside: {args}")

    class NoEnvironment(dict[str, str]):
        __getitem__ = get = __contains__ = __iter__ = forbidden

    monkeypatch.setattr(Path, "open", forbidden)
    monkeypatch.setattr(builtins, "open", opening)
    monkeypatch.setattr(os, "open", recording)
    monkeypatch.setattr(os, "getenv", forbidden)
    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    with monkeypatch.context() as bare:
        bare.setattr(os, "environ", NoEnvironment())
        load(path)
    assert opened == [path]


def inventory_or_error(folder: Path, content: bytes) -> None:
    """The one promise about any file at all."""
    try:
        assert isinstance(load(written(folder, content)), Inventory)
    except InventoryError as error:
        said = str(error)
    else:
        return
    said.encode("utf-8")
    assert "nothing was touched" in said


ANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@ANY
@given(content=st.binary(max_size=300))
@example(content=b"%YAML " + b"9" * 5000 + b".1\n---\n")
@example(content=b"? ? ? ?")
@example(content=b"&a *a : *a")
@example(content=b"a: &a [*a, *a]\nb: *a\n")
@example(content=b"-" * 3 + b" !<tag:yaml.org,2002:str> x")
@example(content=b"\n".join(b"a%d: &a%d [*a%d]" % (i + 1, i + 1, i) for i in range(2000)).replace(b"*a0", b"x"))
def test_any_bytes_give_an_inventory_or_an_error(tmp_path: Path, content: bytes) -> None:
    inventory_or_error(tmp_path, content)


@ANY
@given(content=st.text(alphabet="abc \n:-[]{}&*!|>'\"%@`#?,~<01\\\t", max_size=80))
def test_any_yaml_like_text_gives_an_inventory_or_an_error(tmp_path: Path, content: str) -> None:
    inventory_or_error(tmp_path, content.encode())


PLACES = [line for line in LIVE.splitlines() if ": " in line]
ODD = st.sampled_from(
    ["", "~", "true", "[]", "{}", "[1, 2]", "{a: 1}", "0", "-1", "1.5", "'word'", "1e999", ".nan", "*x", "!t x", "a b",
     '"\\ud800"', "{env: A}", "{env: b, file: 7}", "[{}]", "[{id: 1}, {id: 1}]", "9" * 40, "{host: a}",
     "{ssh: {user: a}}"]
)  # fmt: skip


@ANY
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), ODD, st.booleans()), min_size=1, max_size=4))
def test_any_value_at_any_place_gives_an_inventory_or_an_error(
    tmp_path: Path, changes: list[tuple[str, str, bool]]
) -> None:
    text = LIVE
    for line, odd, drop in changes:
        key = line.partition(": ")[0]
        text = text.replace(line, "" if drop else f"{key}: {odd}")
    inventory_or_error(tmp_path, text.encode())


INNER = [
    "host",
    "ssh",
    "user",
    "password",
    "host_key",
    "env",
    "address",
    "proxy",
    "listen",
    "relay",
    "upstream",
    "id",
    "api",
]


@ANY
@given(
    changes=st.lists(st.tuples(st.sampled_from(INNER), ODD, st.sampled_from(["key", "value"])), min_size=1, max_size=4)
)
def test_any_value_deep_inside_gives_an_inventory_or_an_error(
    tmp_path: Path, changes: list[tuple[str, str, str]]
) -> None:
    text = LIVE
    for key, odd, where in changes:
        text = text.replace(f"{key}: ", f"{key}x: " if where == "key" else f"{key}: {odd}, {key}y: ")
    inventory_or_error(tmp_path, text.encode())
