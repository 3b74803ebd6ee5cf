"""Whose lab it is, where that is kept, and who has it: whatever the inventory is called and however it was edited."""

import asyncio
import contextlib
import os
import stat
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from chaos import clock
from chaos.inventory import Inventory, load, resolved
from chaos.safety import places
from chaos.safety.healing import debts
from chaos.safety.identity import identity_of, identity_with
from chaos.safety.lease import HEALS, RUNS, LabInUse, Lease, NoLease, held_by
from chaos.safety.places import OVERRIDE, NoPlace, Place, make_own_folder, place_of, place_to_heal_from, user_state
from chaos.undo.entries import RestartDue, UndoNotKept
from chaos.undo.file import FILE, FileUndoLog
from chaos.undo.whose import KnownHost, LabIdentity, now_called
from tests.inventory.labs import LIVE, host_key, written

DEADLINE_S = 40.0
LAB = LabIdentity(frozenset({"ssh SHA256:a", "at 10.0.0.1:22"}))


def open_files() -> int:
    """How many this process has; 0 where the system does not say."""
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def real(story: Coroutine[Any, Any, None]) -> None:
    clock.run(story, virtual=False)


def known(inventory: Inventory) -> LabIdentity:
    return identity_with(inventory, {})


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_of({OVERRIDE: str(tmp_path / "state")})


# --- What a lab is known by -------------------------------------------------------------------------------------------

EDITS: dict[str, dict[str, object]] = {
    "another name": {"name": "other"},
    "another release and pace": {"release": "12.5(1)", "timing.probe_interval_s": 2.0},
    "other addresses": {"cti.a.address": "10.0.0.99", "links.cti-a.upstream": "10.0.0.99:42027"},
    "another name of its node": {"publisher.host": "10.0.0.11"},
    "no subscriber": {"subscriber": None},
    "no links": {"links": {}, "proxies": {}},
    "another host name and port of the console": {"publisher.host": "x.example", "publisher.ssh.port": 2222},
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_inventory_speaks_of_the_same_lab(tmp_path: Path, edit: dict[str, object]) -> None:
    inventory = load(written(tmp_path, LIVE))
    assert known(resolved(inventory, edit)).overlaps(known(inventory))


def test_a_key_is_the_same_whatever_stands_around_it(tmp_path: Path) -> None:
    inventory = load(written(tmp_path, LIVE))
    assert inventory.publisher.ssh is not None
    pin = f"{inventory.publisher.ssh.host_key} somebody's comment"
    (mark,) = (mark for mark in known(inventory).marks if mark.startswith("ssh "))
    assert mark in known(resolved(inventory, {"publisher.ssh.host_key": pin})).marks


def test_another_lab_is_another_one(tmp_path: Path) -> None:
    inventory = load(written(tmp_path, LIVE))
    moves: dict[str, object] = {"publisher.host": "f", "subscriber.host": "g", "awdb.primary.host": "h"}
    moves |= {"publisher.ssh.host_key": host_key(body=bytes(35) + b"x"), "cti.a.address": "10.9.0.1"}
    moves |= {
        "cti.a.host": "i",
        "cti.b.host": "j",
        "cti.b.address": "10.9.0.2",
        "proxies.bench.api": "http://10.9.0.6:8474",
    }
    moves |= {"links.cti-a.upstream": "10.9.0.1:42027", "links.cti-b.upstream": "10.9.0.2:43027"}
    assert not known(resolved(inventory, moves)).overlaps(known(inventory))


def test_a_hosts_own_certificate_is_a_mark_and_a_companys_authority_only_with_the_host(tmp_path: Path) -> None:
    inventory = load(written(tmp_path, LIVE))
    company = trustme.CA()
    company.cert_pem.write_to_path(tmp_path / "ca.pem")
    ours = {mark for mark in known(inventory).marks if mark.startswith(("ca ", "cert "))}
    assert {mark.split()[2] for mark in ours} == {"fin-a.lab.example", "fin-b.lab.example"}
    other = known(resolved(inventory, {"publisher.host": "fin-a.other.example", "subscriber": None}))
    assert not ours & other.marks
    leaf = company.issue_cert("fin-a.lab.example").cert_chain_pems[0]
    leaf.write_to_path(tmp_path / "ca.pem")
    (own,) = (mark for mark in known(inventory).marks if mark.startswith("cert "))
    assert own in known(resolved(inventory, {"publisher.host": "renamed.example", "subscriber": None})).marks


@pytest.mark.parametrize(
    "pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_that_cannot_be_read_gives_no_mark_and_no_error(tmp_path: Path, pem: bytes) -> None:
    (tmp_path / "ca.pem").write_bytes(pem)
    assert not [mark for mark in known(load(written(tmp_path, LIVE))).marks if mark.startswith(("ca ", "cert "))]


def test_a_name_and_its_address_are_one_place(tmp_path: Path) -> None:
    inventory = load(written(tmp_path, LIVE))
    by_name = resolved(inventory, {"publisher.host": "localhost"})
    by_address = resolved(inventory, {"publisher.address": "127.0.0.1"})

    async def marks(one: Inventory) -> frozenset[str]:
        return (await identity_of(one)).marks

    at = "at 127.0.0.1:8445"
    assert at in clock.run(marks(by_name), virtual=False) & clock.run(marks(by_address), virtual=False)


def test_a_host_is_found_again_by_key_then_name_then_address() -> None:
    then = LabIdentity(hosts=(KnownHost("aw-a", "K1", "10.0.0.1:22"), KnownHost("aw-b", "K2", "10.0.0.2:22")))
    swapped = LabIdentity(hosts=(KnownHost("aw-a", "K2", "10.0.0.2:22"), KnownHost("aw-b", "K1", "10.0.0.1:22")))
    renamed = LabIdentity(hosts=(KnownHost("10.0.0.1", "K1", "10.0.0.1:2222"),))
    anew = LabIdentity(hosts=(KnownHost("aw-a", "K9", "10.0.0.9:22"),))
    moved = LabIdentity(hosts=(KnownHost("x", None, "10.0.0.1:22"),))
    assert now_called("aw-a", then, swapped) == "aw-b"
    assert now_called("aw-a", then, renamed) == "10.0.0.1"
    assert now_called("aw-a", then, anew) == "aw-a"
    assert now_called("aw-a", then, moved) == "x"
    assert now_called("aw-b", then, renamed) is None


# --- Where it is kept -------------------------------------------------------------------------------------------------


def test_neither_home_nor_the_users_state_folder_moves_the_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MACHINE", tmp_path / "machine")
    roots = {
        place_of(env).root
        for env in ({"HOME": "/a"}, {"HOME": "/b"}, {"XDG_STATE_HOME": str(tmp_path / "x")}, {}, {OVERRIDE: "relative"})
    }
    assert roots == {tmp_path / "machine"}


def test_the_place_is_open_to_every_user_and_keeps_its_name(place: Place) -> None:
    for folder in (place.root, place.locks, place.users):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    for folder in (place.labs.parent, place.labs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert place_of({OVERRIDE: str(place.root)}).name == place.name
    assert place.name


def test_where_the_machines_folder_cannot_be_used_the_users_own_is_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine").write_text("a file is in its place")
    monkeypatch.setattr(places, "MACHINE", tmp_path / "machine")
    found = place_of({"XDG_STATE_HOME": str(tmp_path / "mine")})
    assert found.root == tmp_path / "mine" / "finesse-chaos"
    assert "runs of other users of this machine are not seen" in str(found.doubt)
    with pytest.raises(NoPlace, match=f"set {OVERRIDE}"):
        place_of({OVERRIDE: str(tmp_path / "machine")})


def test_a_folder_that_somebody_else_has_made_in_our_name_is_not_used(tmp_path: Path) -> None:
    place = place_of({OVERRIDE: str(tmp_path / "state")})
    (place.labs.parent).chmod(0o777)
    with pytest.raises(NoPlace, match="not ours alone"):
        place_of({OVERRIDE: str(tmp_path / "state")})


def test_a_link_that_somebody_has_put_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "state").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NoPlace):
        place_of({OVERRIDE: str(tmp_path / "state")})


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/finesse-chaos"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/finesse-chaos"),
        ({"HOME": "/h"}, "/h/.local/state/finesse-chaos"),
    ],
)
def test_the_users_own_folder_is_where_he_keeps_state(env: dict[str, str], folder: str) -> None:
    assert user_state(env) == Path(folder)


async def owing(place: Place, lab: LabIdentity, name: str) -> Path:
    """A log of that lab in that folder of the place, which owes something."""
    folder = place.labs / name
    make_own_folder(folder)
    log = FileUndoLog(folder, lab)
    await log.before(RestartDue("fin-a", "Tomcat"))
    log.close()
    return folder


def test_debts_are_found_by_what_the_lab_is_and_in_both_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MACHINE", tmp_path / "machine")
    mine = {"XDG_STATE_HOME": str(tmp_path / "mine")}

    async def story() -> None:
        machine = place_of({})
        own = place_of({OVERRIDE: str(user_state(mine))})
        there = await owing(machine, LabIdentity(frozenset({"ssh SHA256:a", "at x:1"})), "one")
        here = await owing(own, LabIdentity(frozenset({"at 10.0.0.1:22"})), "two")
        await owing(machine, LabIdentity(frozenset({"ssh SHA256:other"})), "three")
        assert list(debts(mine, LAB)) == [there, here]
        assert list(debts({"XDG_STATE_HOME": str(tmp_path / "nobodys")}, LAB)) == [there]

    real(story())


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Whoever opens a file meanwhile is told EMFILE."""
    resource = pytest.importorskip("resource", reason="this system has no rlimits")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(2)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_process_without_descriptors_never_takes_a_lab_for_free_or_for_one_that_is_owed_nothing(place: Place) -> None:
    async def story() -> None:
        await owing(place, LAB, "one")
        lease = await Lease.take(place, LAB, RUNS, wait_s=0)
        with no_descriptor_left(), pytest.raises(NoLease, match="Too many open files"):
            held_by(place, LAB)
        with no_descriptor_left(), pytest.raises(NoPlace, match=r"Too many open files; whether .* is not known"):
            list(debts({OVERRIDE: str(place.root)}, LAB))
        assert held_by(place, LAB) is not None
        lease.give_up()

    real(story())


def test_a_log_whose_headers_are_both_spoilt_belongs_to_the_folder_that_it_is_in(place: Place) -> None:
    async def story() -> None:
        folder = await owing(place, LAB, place.folder_of(LAB).name)
        data = (folder / FILE).read_bytes().split(b"\n")
        for spoilt in (1, 2):
            (folder / FILE).write_bytes(b"\n".join([b"\xff" * 9] * spoilt + data[spoilt:]))
            assert list(debts({OVERRIDE: str(place.root)}, LAB)) == [folder]
            log = FileUndoLog(folder)
            log.close()
            assert len(log.unreadable) == spoilt
            assert log.owed() == (RestartDue("fin-a", "Tomcat"),)

    real(story())


# --- Who has it -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shared", sorted(LAB.marks))
def test_one_mark_in_common_keeps_the_second_run_out(place: Place, shared: str) -> None:
    async def story() -> None:
        first = await Lease.take(place, LAB, RUNS, wait_s=0.0)
        other = LabIdentity(frozenset({shared, "at 10.9.9.9:22"}))
        said = f"used by a run, process {os.getpid()} on .*, since 20.*have {shared} in common"
        with pytest.raises(LabInUse, match=said):
            await Lease.take(place, other, RUNS, wait_s=0.0)
        taken = held_by(place, other)
        assert taken is not None
        assert taken.mark == shared
        (await Lease.take(place, LabIdentity(frozenset({"at 10.9.9.9:22"})), RUNS, wait_s=0.0)).give_up()
        first.give_up()
        assert held_by(place, other) is None
        (await Lease.take(place, other, RUNS, wait_s=0.0)).give_up()

    real(story())


def test_who_was_refused_holds_nothing(place: Place) -> None:
    async def story() -> None:
        first = await Lease.take(place, LabIdentity(frozenset({"z"})), RUNS, wait_s=0.0)
        before = open_files()
        with pytest.raises(LabInUse):
            await Lease.take(place, LabIdentity(frozenset({"a", "z"})), RUNS, wait_s=0.0)
        assert open_files() == before
        (await Lease.take(place, LabIdentity(frozenset({"a"})), RUNS, wait_s=0.0)).give_up()
        first.give_up()

    real(story())


def test_a_lease_lapses_when_it_is_given_up_whatever_the_file_says(place: Place) -> None:
    async def story() -> None:
        first = await Lease.take(place, LAB, RUNS, wait_s=0.0)
        for mark in LAB.marks:
            place.lock_of(mark).write_text("{")
        with pytest.raises(LabInUse, match="used by somebody"):
            await Lease.take(place, LAB, RUNS, wait_s=0.0)
        first.give_up()
        first.give_up()
        (await Lease.take(place, LAB, HEALS, wait_s=0.0)).give_up()

    real(story())


def test_somebody_who_heals_is_waited_for_as_long_as_asked(place: Place) -> None:
    async def story() -> None:
        first = await Lease.take(place, LAB, HEALS, wait_s=0.0)
        with pytest.raises(LabInUse, match="healed by"):
            await Lease.take(place, LAB, RUNS, wait_s=0.5)
        told: list[str] = []
        asyncio.get_running_loop().call_later(0.5, first.give_up)
        second = await Lease.take(place, LAB, RUNS, wait_s=DEADLINE_S, waiting=told.append)
        second.give_up()
        assert len(told) == 1

    real(story())


def test_a_note_that_cannot_be_written_keeps_nobody_from_the_lease(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk; the run then waited 21 minutes for its own lock."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    async def story() -> None:
        monkeypatch.setattr(os, "pwrite", full)
        lease = await Lease.take(place, LAB, RUNS, wait_s=0.0)
        lease.note(HEALS)
        lease.give_up()
        (await Lease.take(place, LAB, RUNS, wait_s=0.0)).give_up()

    real(story())


def test_who_holds_the_lab_in_another_folder_holds_it(tmp_path: Path, place: Place) -> None:
    """The machine's folder was full when somebody began, or is full now."""
    other = place_of({OVERRIDE: str(tmp_path / "other")})

    async def story() -> None:
        first = await Lease.take(other, LAB, RUNS, wait_s=0.0)
        with pytest.raises(LabInUse, match=str(other.root)):
            await Lease.take(place, LAB, RUNS, wait_s=0.0, others=[other])
        first.give_up()
        (await Lease.take(place, LAB, RUNS, wait_s=0.0, others=[other])).give_up()
        new = LabIdentity(frozenset({"at 10.7.7.7:22"}))
        (await Lease.take(place, new, RUNS, wait_s=0.0, others=[other])).give_up()
        assert not other.lock_of("at 10.7.7.7:22").exists()  # nothing is made there

    real(story())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another user")
def test_a_folder_that_takes_nothing_more_is_healed_from_and_not_begun_in(tmp_path: Path, place: Place) -> None:
    """Read only, as seen by a user who may not write there: there is no lock to take, and nobody else can take one."""

    async def story() -> None:
        await owing(place, LAB, "one")
        for path in (place.root, *place.root.parents):
            path.chmod(path.stat().st_mode & 0o7755 | 0o055)
        for path in (place.locks, place.users):
            path.chmod(0o755)
        env = {OVERRIDE: str(place.root)}
        os.seteuid(65534)
        try:
            with pytest.raises(NoPlace):
                place_of(env)
            found = place_to_heal_from(env)
            (await Lease.take(found, LAB, HEALS, wait_s=0.0)).give_up()
            with pytest.raises(NoLease):
                await Lease.take(found, LAB, RUNS, wait_s=0.0)
        finally:
            os.seteuid(0)
        with pytest.raises(NoPlace):
            place_to_heal_from({OVERRIDE: str(tmp_path / "state" / "place" / "x")})

    real(story())


def test_a_lock_that_is_no_plain_file_is_refused(place: Place) -> None:
    place.lock_of("a").symlink_to("/etc/passwd")

    async def story() -> None:
        with pytest.raises(NoLease):
            await Lease.take(place, LabIdentity(frozenset({"a"})), RUNS, wait_s=0.0)

    real(story())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be another user")
def test_another_user_is_kept_out_finds_what_is_owed_and_can_write_nothing_into_it(place: Place) -> None:
    """What stands in a log is done with the rights of whoever heals."""

    async def story() -> None:
        folder = await owing(place, LAB, "one")
        lease = await Lease.take(place, LAB, RUNS, wait_s=0.0)
        for path in place.root.parents:
            if path.stat().st_mode & 0o001 == 0:
                path.chmod(path.stat().st_mode | 0o011)  # pytest's own folders are ours alone
        os.seteuid(65534)
        try:
            with pytest.raises(LabInUse):
                await Lease.take(place, LAB, RUNS, wait_s=0.0)
            lease.give_up()
            (await Lease.take(place, LAB, HEALS, wait_s=0.0)).give_up()
            assert place_of({OVERRIDE: str(place.root)}).labs != folder.parent
            assert list(debts({OVERRIDE: str(place.root)}, LAB)) == [folder]
            for mode in (os.O_WRONLY, os.O_RDWR | os.O_APPEND):
                with pytest.raises(PermissionError):
                    os.open(folder / FILE, mode)
            for name in ("undo.jsonl", "new"):
                with pytest.raises(PermissionError):
                    os.open(folder / name, os.O_WRONLY | os.O_CREAT)
            with pytest.raises(PermissionError):
                os.rename(folder.parents[1], place.users / "moved")
        finally:
            os.seteuid(0)
        log = FileUndoLog(folder)
        log.close()
        assert not log.is_foreign
        os.chown(folder / FILE, 1, 1)
        os.seteuid(65534)
        try:
            log = FileUndoLog(folder)
            assert log.is_foreign
            with pytest.raises(UndoNotKept, match="its owner can strike it"):
                log.strike(3)
            await log.done(RestartDue("fin-a", "Tomcat").thing)  # undone, but not struck
            log.close()
        finally:
            os.seteuid(0)
        assert list(debts({OVERRIDE: str(place.root)}, LAB)) == [folder]

    real(story())
