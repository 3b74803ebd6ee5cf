"""The undo log: what stands on disk, when, and what of it survives."""

import asyncio
import errno
from itertools import count
from pathlib import Path
from typing import get_args

import pytest

from chaos import clock
from chaos.clients.toxiproxy import ProxyState, Toxic, Toxiproxy
from chaos.errors import UsageError
from chaos.faults.link import PlacedLink
from chaos.faults.relay import CtiRelay
from chaos.toxiproxy import ToxiproxyServer
from chaos.undo.entries import (
    CommandAsFound,
    DatabaseConfigAsFound,
    Entry,
    MarkLeft,
    NoCallAsFound,
    ProxyAsFound,
    RestartDue,
    ServiceAsFound,
    SystemConfigAsFound,
    Undo,
    UndoNotKept,
    service_thing,
)
from chaos.undo.file import FILE, Disk, FileUndoLog, UndoLogUnreadable
from chaos.undo.lines import Owed, read
from chaos.wire.console.service import ServiceState
from chaos.wire.finesse import EnterpriseDatabaseConfig, SystemConfig

TOXIC = Toxic("latency", "upstream", "slow", 0.5, {"latency": 7, "jitter": 0})
FOUND = ProxyState("cti-a", "127.0.0.1:1", "127.0.0.1:2", True, (TOXIC,))
SAMPLES: tuple[Undo, ...] = (
    ProxyAsFound("http://127.0.0.1:8474", "cti-a", FOUND),
    ProxyAsFound("http://127.0.0.1:8474", "cti-b", None),
    ServiceAsFound("aw-a", "Cisco ICM üx Distributor", ServiceState.STARTED),
    CommandAsFound("card", ServiceState.STARTED, '{"stop": ["card", "down"]}'),
    RestartDue("fin-a", "Cisco Finesse Tomcat"),
    NoCallAsFound(("2001", "2002")),
    MarkLeft("http://127.0.0.1:8474", "finesse-chaos-lease-a-1-20261128T025004Z"),
    SystemConfigAsFound(SystemConfig("10.0.0.1", 42027, "10.0.0.1", 43027, 5000, False)),
    DatabaseConfigAsFound(EnterpriseDatabaseConfig("10.0.0.1", 1433, None, None, "ucce_awdb", None, "finesse")),
)


class WatchedDisk(Disk):
    """A real disk that says what was asked of it, and fails when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.room: int | None = None
        self.fails_to_truncate = False

    def write(self, file: int, data: bytes) -> int:
        self.asked.append("write")
        if self.room is not None:
            if not self.room:
                raise OSError(errno.ENOSPC, "No space left on device")
            data, self.room = data[: self.room], max(0, self.room - len(data))
        return super().write(file, data)

    def sync(self, file: int) -> None:
        self.asked.append("sync")
        super().sync(file)

    def sync_folder(self, path: Path) -> None:
        self.asked.append("sync folder")
        super().sync_folder(path)

    def truncate(self, file: int, length: int) -> None:
        if self.fails_to_truncate:
            raise OSError(errno.EIO, "Input/output error")
        super().truncate(file, length)


def owing(folder: Path, *undos: Undo, disk: Disk | None = None) -> FileUndoLog:
    """A log in that folder that owes these."""

    async def fill() -> FileUndoLog:
        log = FileUndoLog(folder, disk=disk)
        for undo in undos:
            await log.before(undo)
        return log

    return clock.run(fill(), virtual=True)


def reopened(folder: Path) -> tuple[Undo, ...]:
    log = FileUndoLog(folder)
    log.close()
    return log.owed()


def test_every_kind_has_a_sample_here() -> None:
    assert {type(undo) for undo in SAMPLES} == set(get_args(get_args(Entry)[0]))


@pytest.mark.parametrize("undo", SAMPLES, ids=lambda undo: undo.thing)
def test_an_entry_reads_back_as_it_was_written(tmp_path: Path, undo: Undo) -> None:
    owing(tmp_path, undo).close()
    assert reopened(tmp_path) == (undo,)


def test_an_entry_is_synced_before_the_caller_goes_on(tmp_path: Path) -> None:
    disk = WatchedDisk()
    log = owing(tmp_path, disk=disk)
    assert disk.asked == ["write", "sync", "sync folder"]  # the file itself has to be found after a crash

    async def change() -> None:
        disk.asked.clear()
        await log.before(SAMPLES[2])
        disk.asked.append("change")

    clock.run(change(), virtual=True)
    log.close()
    assert disk.asked == ["write", "sync", "change"]


def test_a_link_is_on_disk_before_its_proxy_is_touched(tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []

    class Watched(Toxiproxy):
        async def update(self, name: str, **changes: object) -> ProxyState:
            seen.append((name, len(read((tmp_path / FILE).read_bytes()).owed)))
            return await super().update(name, **changes)  # type: ignore[arg-type]

    async def place() -> None:
        server = ToxiproxyServer(port=0)
        await server.start()
        proxies = Watched(server.api_url)
        found = await proxies.create("cti-a", "127.0.0.1:0", "127.0.0.1:9")
        relay = CtiRelay(
            "a", listen=("127.0.0.1", 0), upstream=("127.0.0.1", 9), journal_of=lambda: None, connections=count(1)
        )
        log = FileUndoLog(tmp_path)
        link = PlacedLink("cti-a", "a", found.listen, found.upstream, proxies, relay, False, log)
        try:
            await link.place()
            assert log.owed() == (ProxyAsFound(server.api_url, "cti-a", found),)
            assert await proxies.proxy("cti-a") != found
            await link.remove()
            assert await proxies.proxy("cti-a") == found
            assert not log.owed()
            await link.remove()
        finally:
            log.close()
            await server.stop()

    clock.run(place(), virtual=True)
    assert seen[0] == ("cti-a", 1)
    assert reopened(tmp_path) == ()


def test_how_a_thing_was_found_first_is_what_counts(tmp_path: Path) -> None:
    first = ServiceAsFound("aw-a", "Distributor", ServiceState.STARTED)
    log = owing(tmp_path, first, ServiceAsFound("aw-a", "Distributor", ServiceState.STOPPED))
    assert log.owed() == (first,)
    assert log.find(service_thing("aw-a", "Distributor")) == first
    log.close()
    assert reopened(tmp_path) == (first,)


def test_what_is_done_is_owed_no_more_and_may_be_owed_again(tmp_path: Path) -> None:
    log = owing(tmp_path, *SAMPLES[2:4])

    async def use() -> None:
        await log.done(SAMPLES[2].thing)
        await log.done(SAMPLES[2].thing)
        await log.done("something nobody owes")
        assert log.owed() == (SAMPLES[3],)
        await log.before(SAMPLES[2])

    clock.run(use(), virtual=True)
    log.close()
    assert reopened(tmp_path) == (SAMPLES[3], SAMPLES[2])


def test_a_log_that_is_torn_at_any_byte_is_readable_and_keeps_every_earlier_entry(tmp_path: Path) -> None:
    """An entry whose write was torn was never followed by its change, so it may be there or not."""
    owing(tmp_path, *SAMPLES).close()
    data = (tmp_path / FILE).read_bytes()
    ends = [data.index(b'{"kept":%d}' % number) for number in range(1, len(SAMPLES) + 1)]
    for cut in range(len(data) + 1):
        contents = read(data[:cut])
        assert not contents.unreadable
        assert tuple(contents.owed.values()) == SAMPLES[: sum(cut >= end for end in ends)], cut


def test_losing_any_part_of_the_last_line_loses_no_entry(tmp_path: Path) -> None:
    for entries in range(1, len(SAMPLES) + 1):
        folder = tmp_path / str(entries)
        folder.mkdir()
        owing(folder, *SAMPLES[:entries]).close()
        data = (folder / FILE).read_bytes()
        last = data[:-1].rfind(b"\n") + 1
        for cut in range(last, len(data)):
            assert tuple(read(data[:cut]).owed.values()) == SAMPLES[:entries]


def test_writing_goes_on_after_a_torn_line(tmp_path: Path) -> None:
    owing(tmp_path, SAMPLES[0]).close()
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes() + b'{"undo": 2, "entry": {"kind": "serv')
    log = owing(tmp_path, SAMPLES[2])
    assert log.torn
    assert log.owed() == (SAMPLES[0], SAMPLES[2])
    log.close()
    assert reopened(tmp_path) == (SAMPLES[0], SAMPLES[2])
    assert not read(path.read_bytes()).unreadable


@pytest.mark.parametrize(
    "line",
    [
        '{"undo": 7, "entry": {"kind": "coffee machine", "state": "on"}}',
        '{"undo": 7, "entry": {"kind": "service", "host": "aw-a", "service": "x", "state": "ASLEEP"}}',
        '{"undo": 7, "entry": {"kind": "service", "host": "aw-a", "service": "x", "state": "STARTED", "more": 1}}',
        '{"undo": "7", "entry": {"kind": "service", "host": "aw-a", "service": "x", "state": "STARTED"}}',
        '{"undo": 7, "entry": {"kind": "proxy", "api_url": "http://a", "name": "b", "found": {"listen": 1}}}',
        "null",
        '{"undo": 7}',
        "[1, 2]",
        "[" * 5000,
        "\xff",
        '{"undone": 7}',
        "",
    ],
)
def test_a_line_that_nobody_can_read_is_reported_and_keeps_the_log(tmp_path: Path, line: str) -> None:
    owing(tmp_path).close()
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes() + line.encode("latin-1") + b"\n")
    log = FileUndoLog(tmp_path)
    log.start_afresh()
    log.close()
    assert len(log.unreadable) == 1
    assert f"line 3 of {path}" in log.unreadable[0]
    assert f"--strike {tmp_path.name}:3" in log.unreadable[0]
    assert len(FileUndoLog(tmp_path).unreadable) == 1


def test_an_unreadable_entry_that_was_done_is_no_trouble() -> None:
    assert not read(b'{"undo": 7, "entry": {"kind": "coffee machine"}}\n{"done": 7}\n').unreadable


def test_a_log_that_owes_nothing_is_begun_afresh(tmp_path: Path) -> None:
    log = owing(tmp_path, SAMPLES[2])
    log.start_afresh()
    assert log.owed() == (SAMPLES[2],)
    clock.run(log.done(SAMPLES[2].thing), virtual=True)
    log.start_afresh()
    log.close()
    assert (tmp_path / FILE).read_text().count("\n") == 2
    assert not read((tmp_path / FILE).read_bytes()).owed


def test_without_room_on_the_disk_the_change_is_refused_and_the_log_stays_whole(tmp_path: Path) -> None:
    disk = WatchedDisk()
    log = owing(tmp_path, SAMPLES[0], disk=disk)
    disk.room = 20
    with pytest.raises(UndoNotKept, match="the change was not made"):
        clock.run(log.before(SAMPLES[2]), virtual=True)
    assert log.owed() == (SAMPLES[0],)
    disk.room = None
    clock.run(log.before(SAMPLES[3]), virtual=True)
    log.close()
    assert reopened(tmp_path) == (SAMPLES[0], SAMPLES[3])


def test_after_half_a_line_that_cannot_be_taken_back_nothing_more_is_written(tmp_path: Path) -> None:
    disk = WatchedDisk()
    log = owing(tmp_path, SAMPLES[0], disk=disk)
    disk.room, disk.fails_to_truncate = 20, True
    for undo in SAMPLES[2:4]:
        with pytest.raises(UndoNotKept):
            clock.run(log.before(undo), virtual=True)
        disk.room = None
    log.close()
    assert reopened(tmp_path) == (SAMPLES[0],)


def test_whoever_is_cancelled_while_an_entry_is_written_still_knows_of_it(tmp_path: Path) -> None:
    async def cancel() -> None:
        log = FileUndoLog(tmp_path)
        writing = asyncio.ensure_future(log.before(SAMPLES[2]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        known = log.owed()
        log.close()
        assert known == reopened(tmp_path)

    clock.run(cancel(), virtual=True)


def test_a_log_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(UndoLogUnreadable, match="cannot be used"):
        FileUndoLog(tmp_path)


def test_no_entry_holds_the_password_of_the_database() -> None:
    config = EnterpriseDatabaseConfig("10.0.0.1", 1433, password="s3cret")
    assert "s3cret" not in Owed(undo=1, entry=DatabaseConfigAsFound(config)).bytes().decode()


def test_a_log_that_cannot_be_written_to_is_healed_from_all_the_same(tmp_path: Path) -> None:
    """A read-only folder: what is owed is undone, and only the strike is lost."""

    class ReadOnly(Disk):
        def open(self, path: Path) -> int:
            raise OSError(errno.EROFS, "Read-only file system")

    owing(tmp_path, SAMPLES[2], SAMPLES[3]).close()
    log = FileUndoLog(tmp_path, disk=ReadOnly())
    assert log.owed() == SAMPLES[2:4]
    clock.run(log.done(SAMPLES[2].thing), virtual=True)
    assert log.owed() == SAMPLES[3:4]
    with pytest.raises(UndoNotKept, match="Read-only"):
        clock.run(log.before(SAMPLES[4]), virtual=True)
    log.close()
    assert reopened(tmp_path) == SAMPLES[2:4]


def test_a_line_is_struck_by_a_person_whether_or_not_it_can_be_read(tmp_path: Path) -> None:
    owing(tmp_path, SAMPLES[2], SAMPLES[3]).close()
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes() + b"coffee\n")
    log = FileUndoLog(tmp_path)
    assert "--strike" in log.remedy(SAMPLES[2])
    log.strike(3)
    log.strike(7)
    with pytest.raises(UsageError, match=r"line 4 .* is not owed; what is: 5"):
        log.strike(4)
    log.close()
    again = FileUndoLog(tmp_path)
    again.close()
    assert (again.owed(), again.unreadable) == ((SAMPLES[3],), ())
