"""What is recorded is read back, line by line, and a broken file says where it is broken."""

import hashlib
import importlib
import os
import typing
from collections.abc import Callable
from pathlib import Path
from pkgutil import iter_modules

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.errors import EvidenceError
from chaos.journal import (
    KINDS,
    About,
    CallSeen,
    CtiSeen,
    CtiStep,
    EventSeen,
    Journal,
    JournalError,
    Observation,
    RestExchange,
    Step,
    Timeline,
    load,
)
from chaos.journal.observations import __path__ as OBSERVATIONS
from chaos.redaction import Redactor


def ticking() -> Callable[[], float]:
    ticks = iter(range(1_000_000))
    return lambda: 100.0 + next(ticks) / 1000


def test_a_timeline_knows_each_agents_own_also_what_comes_after_it_was_asked() -> None:
    def event(at_s: float, agent: str) -> EventSeen:
        return EventSeen(at_s=at_s, node="fin-a", agent=agent, about=About.USER, event="PUT", source="")

    timeline = Timeline([event(1.0, "anna"), event(2.0, "bert"), event(3.0, "anna")])
    assert [seen.at_s for seen in timeline.of(EventSeen, agent="anna")] == [1.0, 3.0]
    assert timeline.of(EventSeen, agent="clara") == []
    timeline.add(event(4.0, "clara"))
    timeline.add(event(5.0, "anna"))
    assert [seen.at_s for seen in timeline.of(EventSeen, agent="clara")] == [4.0]
    assert [seen.at_s for seen in timeline.of(EventSeen, agent="anna", from_s=2.0, to_s=4.9)] == [3.0]
    assert timeline.of(EventSeen, lambda seen: seen.at_s > 3.0, agent="anna")[0].at_s == 5.0
    assert timeline.of(RestExchange, agent="anna") == []


def test_times_start_at_zero_and_ascend(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", ticking())
    journal.record(Step(title="one"))
    journal.record(Step(title="two"))
    journal.close()
    assert [seen.at_s for seen in load(tmp_path / "j.jsonl")] == [0.001, 0.002]


def test_every_line_is_on_disk_as_soon_as_it_is_seen(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", ticking())
    journal.record(Step(title="seen"))
    assert len(load(tmp_path / "j.jsonl")) == 1
    journal.close()


def test_every_kind_that_some_file_defines_can_stand_in_a_journal() -> None:
    modules = [importlib.import_module(f"chaos.journal.observations.{one.name}") for one in iter_modules(OBSERVATIONS)]
    defined = {
        name: kind
        for module in modules
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, Observation) and kind is not Observation
    }
    assert defined == KINDS


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(st.data())
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_every_kind_of_observation_comes_back_equal(
    tmp_path: Path, kind: type[Observation], data: st.DataObject
) -> None:
    """Each kind by itself: all of them in one example are so much data that most of them would be thrown away."""
    hints = typing.get_type_hints(kind)
    seen = data.draw(st.builds(kind, **{name: _field(hint) for name, hint in hints.items()}))
    journal = Journal(tmp_path / "j.jsonl", ticking())
    fields = {name: getattr(seen, name) for name in hints if name not in ("at_s", "number")}
    recorded: Observation = journal.record(kind(**fields))
    journal.close()
    assert list(load(tmp_path / "j.jsonl")) == [recorded]


@pytest.mark.parametrize("name", ["kind", "chain"])
def test_no_observation_has_a_field_by_which_a_line_says_what_it_is(name: str) -> None:
    """It would overwrite that, and the journal could not be read again."""
    with pytest.raises(TypeError, match=rf"Odd has a field '{name}'"):
        type("Odd", (Observation,), {"__annotations__": {name: str}})


def _field(hint: object) -> st.SearchStrategy[object]:
    numbers = st.floats(allow_nan=False, allow_infinity=False)  # NaN is not equal to itself
    if hint is float:
        return numbers
    if hint == float | None:
        return st.none() | numbers
    if hint == tuple[tuple[str, str, float], ...]:
        return st.lists(st.tuples(st.text(), st.text(), numbers), max_size=3).map(tuple)
    return st.from_type(hint)  # type: ignore[arg-type]


def test_a_torn_last_line_is_left_out_and_noted(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    journal = Journal(path, ticking())
    journal.record(Step(title="whole"))
    journal.record(CtiSeen(side="a", connection=1, step=CtiStep.ATTEMPT))
    journal.close()
    path.write_bytes(path.read_bytes()[:-10])
    timeline = load(path)
    assert timeline.torn
    assert [type(seen) for seen in timeline] == [Step]


def sealed(*lines: str) -> str:
    """These JSON objects as lines of a journal, each with its right hash: what is wrong with them is something else."""
    chain, text = b"", ""
    for line in lines:
        begun = line.encode()[:-1]
        chain = hashlib.blake2b(chain + begun, digest_size=8).hexdigest().encode()
        text += begun.decode() + ',"chain":"' + chain.decode() + '"}\n'
    return text


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "null",
        "3",
        '"x"',
        "[" * 5000,
        '{"kind":"Guess","at_s":1.0,"number":2}',
        '{"at_s":1.0,"number":2}',
        '{"kind":["Step"],"at_s":1.0,"number":2}',
        '{"kind":"Step","at_s":1.0,"number":2,"title":5}',
        '{"kind":"Step","at_s":"1.0","number":2,"title":"x"}',
        '{"kind":"Step","at_s":NaN,"number":2,"title":"x"}',
        '{"kind":"Step","at_s":Infinity,"number":2,"title":"x"}',
        '{"kind":"Step","at_s":1.0,"number":2}',
        '{"kind":"Step","at_s":1.0,"number":2,"title":"x","more":1}',
        '{"kind":"Step","at_s":1.0,"number":3,"title":"a line before it is missing"}',
        '{"kind":"Step","at_s":0.0,"number":2,"title":"not after the line before"}',
        '{"kind":"CtiSeen","at_s":1.0,"number":2,"side":"a","connection":1,"step":"dancing"}',
        '{"kind":"CtiSeen","at_s":1.0,"number":2,"side":"a","connection":true,"step":"attempt"}',
        "[1]",
        '{"at_s":1.0,"number":2,"title":"x","kind":"Step"}',
        '{"kind":"Step","kind":"Step","at_s":1.0,"number":2,"title":"x"}',
        '{"kind":"Step","at_s":1.0,"number":2,"title":"x"},{"at_s":1.1,"number":3,"title":"y"}',
        '{"kind":"Step","at_s":1.0,"number":2,"title":"x"}],[{"at_s":1.1,"number":3,"title":"y"}',
        '{"kind":"Step",}',
    ],
)
def test_a_line_that_is_none_of_ours_is_named_though_its_hash_is_right(tmp_path: Path, line: str) -> None:
    path = tmp_path / "j.jsonl"
    first = '{"kind":"Step","at_s":0.0,"number":1,"title":"good"}'
    path.write_text(sealed(first, line), encoding="utf-8")
    with pytest.raises(JournalError, match=r"j\.jsonl:2"):
        load(path)
    path.write_text(sealed(first), encoding="utf-8")
    assert len(load(path)) == 1


def _kept(path: Path) -> list[str]:
    journal = Journal(path, ticking())
    for title in ("one", "two", "three", "four"):
        journal.record(Step(title=title))
    journal.close()
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


@pytest.mark.parametrize("forge", ["drop", "double", "swap", "change", "retime"])
def test_a_line_dropped_doubled_swapped_or_changed_is_noticed(tmp_path: Path, forge: str) -> None:
    path = tmp_path / "j.jsonl"
    one, two, three, four = _kept(path)
    forged = {
        "drop": [one, three, four],
        "double": [one, two, two, three, four],
        "swap": [one, three, two, four],
        "change": [one, two.replace("two", "owt"), three, four],
        "retime": [one, two.replace("0.002", "0.0021"), three, four],
    }[forge]
    path.write_text("".join(forged), encoding="utf-8")
    with pytest.raises(JournalError, match=r"j\.jsonl:[23]: .*hash"):
        load(path)


def test_a_password_of_one_letter_does_not_tear_the_lines_apart(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", ticking(), redactor=Redactor(["1", "t", "a"]))
    recorded = journal.record(CtiSeen(side="b", connection=11, step=CtiStep.ATTEMPT, detail="at 1"))
    journal.close()
    (seen,) = load(tmp_path / "j.jsonl").of(CtiSeen)
    assert (seen.connection, seen.step, seen.detail) == (11, CtiStep.ATTEMPT, "at 1")
    assert seen.number == recorded.number


def test_a_missing_journal_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"absent\.jsonl.*cannot be read"):
        load(tmp_path / "absent.jsonl")


def test_a_secret_never_reaches_the_file(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", ticking(), redactor=Redactor(['pa"ss\\wörd', ""]))
    journal.record(Step(title='typed pa"ss\\wörd at the prompt'))
    journal.close()
    text = (tmp_path / "j.jsonl").read_text(encoding="utf-8")
    assert "wörd" not in text
    assert load(tmp_path / "j.jsonl").first(Step).title == "typed ••• at the prompt"


def test_a_watcher_sees_what_comes_after_it_and_nothing_after_it_is_taken_off(tmp_path: Path) -> None:
    journal = Journal(None, ticking())
    seen: list[Observation] = []
    journal.record(Step(title="before"))
    off = journal.watch(seen.append)
    journal.record(Step(title="during"))
    off()
    journal.record(Step(title="after"))
    assert [getattr(one, "title", None) for one in seen] == ["during"]


def test_a_timeline_is_asked_by_kind_time_and_content() -> None:
    journal = Journal(None, ticking())
    call = CallSeen(call_id="1", state="ACTIVE")
    for status in (200, 503):
        journal.record(
            RestExchange(sent_s=0.0, node="fin-a", agent=None, resource="GET User/{id}", path="/", status=status)
        )
    journal.record(EventSeen(node="fin-a", agent="1001", about=About.DIALOG, event="PUT", source="/", calls=(call,)))
    timeline = journal.timeline()
    assert [rest.status for rest in timeline.of(RestExchange)] == [200, 503]
    assert timeline.of(RestExchange, lambda rest: rest.status == 503) == timeline.of(RestExchange, from_s=0.002)
    assert timeline.first(EventSeen).calls == (call,)
    assert timeline.end_s == 0.003
    with pytest.raises(EvidenceError, match="no CtiSeen"):
        timeline.first(CtiSeen)
    with pytest.raises(EvidenceError, match="no header"):
        _ = timeline.header


def test_a_moment_of_its_own_lies_between_what_was_and_what_will_be_recorded() -> None:
    journal = Journal(None, lambda: 5.0)
    before = journal.record(Step(title="before"))
    moment_s = journal.moment_s()
    after = journal.record(Step(title="after"))
    assert before.at_s < moment_s < after.at_s


def test_a_journal_that_cannot_be_kept_raises_at_no_note_and_says_so_at_the_end(tmp_path: Path) -> None:
    """Whoever notes may be rolling a fault back: a full disk must not keep it from that."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "full.jsonl"
    journal = Journal(path, lambda: 1.0)
    journal.record(Step(title="there is room"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, before[1]))
    try:
        journal.record(Step(title="there is none"))
        journal.record(Step(title="nor is there now"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    journal.close()
    assert journal.trouble is not None
    assert str(path) in journal.trouble
    assert len(journal.timeline().of(Step)) == 3


def test_a_journal_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="give another --folder"):
        Journal(tmp_path / "nowhere" / "x.jsonl", lambda: 0.0)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_a_journal_that_is_a_pipe_or_a_device_is_refused_and_neither_waited_for_nor_read_without_end(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "a-cut.jsonl"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")  # not /dev/zero, of which whoever does not look reads all memory full
    with pytest.raises(JournalError, match=r"a-cut\.jsonl: no plain file, but a pipe or a device"):
        load(path)
