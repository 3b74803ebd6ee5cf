"""What follows from findings, and how it reads: pure, on forged rows."""

import asyncio
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from chaos import clock
from chaos.preflight import ALL, Check, Finding, NotLooked, Row, State, Survey, print_survey, survey
from chaos.preflight.context import Context
from chaos.preflight.examine import _done
from chaos.preflight.finding import bad, ok, warn
from chaos.run.surveying import status_of
from chaos.safety.identity import identity_of
from chaos.safety.lease import RUNS, Lease
from chaos.safety.places import make_own_folder, place_of
from chaos.undo.entries import RestartDue
from chaos.undo.file import FILE, FileUndoLog
from chaos.waits import Waits
from tests.preflight.lab import Rig, is_bad, play, row

CLAUSES = ("CTI-01", "CTI-02", "CTI-03", "CTI-11", "AWDB-01", "AWDB-02")
KEY = "ssh-ed25519 " + "A" * 68
PIN = f'pin it with\n    host_key: "{KEY}"\nby hand'


def survey_of(*rows: Row) -> Survey:
    return Survey("lab-1", "12.6(2)", "2026-01-01T12:00:00+00:00", CLAUSES, rows)


def a_row(name: str, finding: Finding, *needed_by: str) -> Row:
    return Row(name, "there", needed_by, finding, 0.1)


HEALTHY = a_row("one", ok("well"), *ALL)


def test_only_what_is_bad_speaks_against_a_clause_and_only_where_it_is_needed() -> None:
    found = survey_of(
        HEALTHY,
        a_row("two", bad("it is off", "switch it on"), "AWDB", "CTI-03"),
        a_row("three", bad("it is gone", "fetch it"), "AWDB-02"),
        a_row("four", warn("it is old", "renew it"), *ALL),
        a_row("five", Finding(State.SKIPPED, "not seen"), *ALL),
    )
    assert found.fit() == ("CTI-01", "CTI-02", "CTI-11")
    assert found.unfit() == {
        "CTI-03": "two: it is off",
        "AWDB-01": "two: it is off",
        "AWDB-02": "two: it is off; three: it is gone",
    }
    assert [one.check for one in found.problems()] == ["two", "three", "four"]


def test_a_family_is_not_needed_by_one_whose_name_it_begins() -> None:
    assert not a_row("one", bad("off", "on"), "CT").concerns("CTI-01")
    assert not a_row("one", bad("off", "on"), "CTI-1").concerns("CTI-11")


def test_the_status_says_whether_all_some_or_no_clauses_can_be_judged() -> None:
    assert status_of(survey_of(HEALTHY, a_row("two", warn("old", "renew"), *ALL))) == 0
    assert status_of(survey_of(HEALTHY, a_row("two", bad("off", "on"), "AWDB"))) == 3
    assert status_of(survey_of(HEALTHY, a_row("two", bad("off", "on"), *ALL))) == 5


def test_a_later_look_takes_the_place_of_the_earlier_one_of_its_check() -> None:
    waiting = Finding(State.SKIPPED, "not yet", later=True)
    earlier = survey_of(HEALTHY, a_row("two", waiting, *ALL), a_row("three", ok("well")))
    assert earlier.waiting() == {"two"}
    later = earlier.with_rows([a_row("two", bad("off", "on"), *ALL)])
    assert [one.check for one in later.rows] == ["one", "two", "three"]
    assert later.fit() == ()


# --- what a check may do ---------------------------------------------------------------------------------------------


def test_whatever_a_check_does_ends_as_a_finding_within_its_deadline(tmp_path: Path) -> None:
    async def hangs(_: Context) -> Finding:
        await asyncio.sleep(1e6)
        return ok("never")

    async def breaks(_: Context) -> Finding:
        raise ZeroDivisionError("by zero")

    async def cannot(_: Context) -> Finding:
        raise NotLooked("the door is shut")

    async def scene(rig: Rig) -> tuple[list[Row], float]:
        ctx = Context(rig.inventory, rig.env)
        began_s = clock.now()
        rows = [
            await _done(Check(run.__name__, "", run, (), 7.0), ctx, lambda _: None, Waits())
            for run in (hangs, breaks, cannot)
        ]
        await ctx.close()
        return rows, clock.now() - began_s

    rows, took_s = play(tmp_path, scene)
    assert [one.finding.state for one in rows] == [State.BAD, State.BAD, State.SKIPPED]
    assert "not finished within 7 s" in rows[0].finding.seen
    assert "ZeroDivisionError" in rows[1].finding.seen
    assert took_s == 7.0


def test_a_look_that_several_lean_on_is_taken_once_and_fails_for_all_of_them(tmp_path: Path) -> None:
    looks = []

    async def look() -> int:
        looks.append(1)
        await asyncio.sleep(1)
        raise NotLooked("no")

    async def scene(rig: Rig) -> list[object]:
        ctx = Context(rig.inventory, rig.env)
        said = await asyncio.gather(*(ctx.once("it", look) for _ in range(3)), return_exceptions=True)
        await ctx.close()
        return list(said)

    assert [str(one) for one in play(tmp_path, scene)] == ["no"] * 3
    assert len(looks) == 1


def test_what_an_earlier_run_owes_is_said_first_with_the_command_that_undoes_it(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[Survey, Survey]:
        identity = await identity_of(rig.inventory)
        folder = place_of(rig.env).folder_of(identity)
        make_own_folder(folder)
        log = FileUndoLog(folder, identity)
        for host in "abcdef":
            await log.before(RestartDue(host, "Cisco Finesse Tomcat"))
        log.close()
        written = (folder / FILE).read_bytes()
        await rig.proxies.update("cti-a", enabled=False)
        found = await survey(rig.inventory, rig.env, name="labs/one.yaml")
        lease = await Lease.take(place_of(rig.env), identity, RUNS, wait_s=0.0)
        taken = await rig.look(["earlier runs"])
        lease.give_up()
        assert (folder / FILE).read_bytes() == written, "the log is whoever's who has the lease"
        return found, taken

    found, taken = play(tmp_path, scene)
    first = found.problems()[0]
    assert first.check == "earlier runs"
    assert "restart of 'Cisco Finesse Tomcat' on d and 2 more" in first.finding.seen
    assert "`finesse-chaos heal -i labs/one.yaml`" in first.finding.remedy
    assert "`finesse-chaos heal -i labs/one.yaml`" in row(found, "link cti-a: proxy").finding.remedy
    assert found.fit(), "a run heals first"
    assert row(taken, "earlier runs").finding.state is State.SKIPPED, "what is changed is the run's doing"


def test_a_lab_that_a_run_has_is_not_free_and_looking_does_not_take_it(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[Survey, Survey]:
        free = await rig.look(["lease"])
        lease = await Lease.take(place_of(rig.env), await identity_of(rig.inventory), RUNS, wait_s=0.0)
        await rig.proxies.update("cti-a", enabled=False)
        try:
            taken = await rig.look(["lease", "link cti-a: proxy"])
        finally:
            lease.give_up()
        assert row(await rig.look(["lease"]), "lease").finding.state is State.OK
        return free, taken

    free, taken = play(tmp_path, scene)
    assert row(free, "lease").finding.state is State.OK
    assert f"used by a run, process {os.getpid()} on " in is_bad(taken, "lease")
    assert "look again when whoever has the lab has ended" in row(taken, "link cti-a: proxy").finding.remedy, "no heal"
    assert taken.fit() == ()


# --- how it reads ----------------------------------------------------------------------------------------------------


def printed(found: Survey, *, untested: tuple[str, ...] = ()) -> str:
    out = io.StringIO()
    print_survey(found, Console(file=out, width=80, color_system=None), untested=untested)
    return out.getvalue()


def test_problems_come_first_with_their_remedy_and_a_key_can_be_copied_whole() -> None:
    said = printed(
        survey_of(
            HEALTHY,
            a_row(
                "console of fin-a", bad("the key has changed", f'pin it with\n    host_key: "{KEY}"\nby hand'), "CTI-01"
            ),
            a_row("clock of fin-a", warn("+90 s [not markup]", "set it " + "and set it " * 20)),
            a_row("agents", Finding(State.SKIPPED, "the door is shut"), "CTI"),
        ),
        untested=("IPPA-01", "IPPA-02", "IPPA-03"),
    )
    lines = said.splitlines()
    order = ["BAD", "console of fin-a", "the key has changed", KEY, "WARN", "skipped", "CTI-02, CTI-03", "cannot"]
    places = [said.index(word) for word in order]
    assert places == sorted(places)
    assert f'host_key: "{KEY}"' in said, "not broken over lines"
    assert all(len(line) <= 80 for line in lines if KEY not in line)
    assert "[not markup]" in said
    assert "no test judges yet: IPPA-01 … IPPA-03" in said
    assert "Nothing was changed on the lab." in said
    assert "CTI-01 because of console of fin-a (see above)" in said


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ((), "Nothing was changed on the lab."),
        (("cti-a",), "Nothing was changed on the lab, but that a missing proxy was made: cti-a."),
        (("cti-a", "cti-b"), "Nothing was changed on the lab, but that missing proxies were made: cti-a, cti-b."),
    ],
)
def test_that_missing_proxies_were_made_is_said_at_the_end(made: tuple[str, ...], told: str) -> None:
    found = replace(survey_of(HEALTHY), made=made).with_rows([a_row("two", ok("well"))])
    assert " ".join(printed(found).split()).endswith(told)


def test_a_survey_knows_which_proxies_it_made(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[tuple[str, ...], tuple[str, ...]]:
        link = next(iter(rig.inventory.links))
        await rig.proxies.delete(link)
        first, second = [await survey(rig.inventory, rig.env, only=()) for _ in range(2)]
        return first.made, second.made

    made, later = play(tmp_path, scene)
    assert (len(made), later) == (1, ())


def test_the_json_holds_every_row_and_no_secret(tmp_path: Path) -> None:
    async def scene(rig: Rig) -> tuple[str, list[str]]:
        found = await rig.look()
        secrets = [path.read_text().strip() for path in (rig.folder / "secrets").iterdir()]
        return json.dumps(found.to_json()), secrets

    text, secrets = play(tmp_path, scene)
    shown = json.loads(text)
    assert shown["unfit"] == {}
    assert {"check", "about", "state", "seen", "remedy", "needed_by", "took_s"} == set(shown["checks"][0])
    assert len(shown["checks"]) > 50
    assert len(secrets) > 10
    assert not any(secret in text for secret in secrets)
