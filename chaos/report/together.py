"""Several violated clauses of one run: which of them go together, and which of those says what is wrong. Pure.

Theory of operation: one cause often violates several clauses, and the documents themselves tell what comes of what: a
desktop that no trigger reaches looks for no server, a phone that is led to another server shows no message. So there
is a table of what comes of what (`COMES_OF`), and one of statements that speak of one case alone where others speak of
all (`SPEAKS_OF`): if a wide one fails in that case alone, and holds in others, the narrow one says more. No entry knows
a defect, and none counts by itself, but only if the verdicts bear it out: what comes of something was seen at no node
and in no experiment where its source was not, and a wide one that fails in one case alone has held in others. What no
entry decides stays in the order of the ranks, which each has by its own shape.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chaos.history import desktops, phones
from chaos.history.asking import ADMINISTRATOR
from chaos.report.explained import Explained
from chaos.report.noticed import listed
from chaos.verdicts import Outcome
from chaos.verdicts.awdb.cache import FIRST
from chaos.verdicts.verdict import UNJUDGED


@dataclass(frozen=True)
class Companion:
    """One that goes with another; why: in words. is_alike: it may as well be this one: nothing tells them apart."""

    told: Explained
    why: str
    is_alike: bool = False


@dataclass(frozen=True)
class Group:
    """What goes together. first: the nearest to what is wrong."""

    first: Explained
    others: tuple[Companion, ...] = ()

    @property
    def all(self) -> tuple[Explained, ...]:
        return (self.first, *(one.told for one in self.others))

    @property
    def name(self) -> str:
        """ "CTI-06", or "IPPA-07 or IPPA-11" where it may as well be the other."""
        return " or ".join([self.first.clause, *(one.told.clause for one in self.others if one.is_alike)])

    @property
    def with_it(self) -> list[str]:
        """The other clauses, once each."""
        named = self.name.split(" or ")
        return [one for one in dict.fromkeys(told.clause for told in self.all) if one not in named]


@dataclass(frozen=True)
class Case:
    """Of which value of an axis a statement speaks, and which statements, the wide ones, speak of all of them and fail
    with it. steps: those that fail with it and may as well fail by themselves: one of them that fails in that case
    alone tells nothing, several have the case in common. along: values in which the case happens, too."""

    axis: str
    value: str
    wide: frozenset[str]
    steps: frozenset[str] = frozenset()
    along: frozenset[str] = frozenset()

    @property
    def values(self) -> frozenset[str]:
        return self.along | {self.value}


def _always(source: Explained, other: Explained) -> bool:
    return True


@dataclass(frozen=True)
class Source:
    """What something may come of. bears: whether these two can be so, by where they fail. is_everywhere: whether it is
    seen only where its source is, too; False where that can be looked at in fewer experiments."""

    clause: str
    bears: Callable[[Explained, Explained], bool] = _always
    is_everywhere: bool = True


def _ids(family: str, *numbers: int) -> frozenset[str]:
    return frozenset(f"{family}-{number:02}" for number in numbers)


def _of(
    family: str, *numbers: int, bears: Callable[[Explained, Explained], bool] = _always, is_everywhere: bool = True
) -> tuple[Source, ...]:
    return tuple(Source(id, bears, is_everywhere) for id in sorted(_ids(family, *numbers)))


def _long_before(source: Explained, other: Explained) -> bool:
    """Whether the source was nowhere wrong later than the other, and somewhere so long before it that looking ended
    before anything else did: looks come ten seconds apart, and the last one is no sign of it yet."""
    lead_s = [at_s - source.began[name] for name, at_s in other.began.items() if name in source.began]
    return bool(lead_s) and min(lead_s) > -_LOOKS_S and max(lead_s) > _LOOKS_S


def _ends_looking(source: Explained, other: Explained) -> bool:
    return not _long_before(other, source)


def _at_first(one: Explained) -> bool:
    """Whether cached people are turned away right away, and not only late in their half hour."""
    return FIRST in one.fails.get("turn", ())


# Whatever ends a desktop's search ends its looking at both servers, which is to go on; and what a phone does not show
# is not shown after three tries, either.
_GO_ON, _SHOWN = _ids("CLIENT", 2, 3), _ids("IPPA", 1, 3)
# Who does not go to the other server is not signed in there.
_SAME_STEP = {"CLIENT-04": "CLIENT-14"}
_LOGIC, _MOVES = _GO_ON | _ids("CLIENT", 11), _ids("CLIENT", 4, 10, 13, 14)

SPEAKS_OF: Mapping[str, Case] = {
    "CLIENT-17": Case("reason", desktops.TOMCAT, _LOGIC, _MOVES),
    # A Tomcat that is stopped takes the web application with it.
    "CLIENT-18": Case("reason", desktops.WEBAPP, _LOGIC, _MOVES, frozenset({desktops.TOMCAT})),
    "CLIENT-19": Case("reason", desktops.NOTIFICATION, _LOGIC, _MOVES),
    "CLIENT-20": Case("reason", desktops.CTI, _LOGIC, _MOVES),
    "IPPA-07": Case("reason", desktops.NOTIFICATION, _SHOWN, along=frozenset({phones.BOTH})),
    "IPPA-10": Case("reason", desktops.WEBAPP, _SHOWN | _ids("IPPA", 6)),
    "IPPA-11": Case("reason", desktops.NOTIFICATION, _SHOWN, along=frozenset({phones.BOTH})),
    # Of a client whose network is gone; of all that leave, DESKTOP-05.
    "DESKTOP-12": Case("how", "drop", _ids("DESKTOP", 3, 11), _ids("DESKTOP", 5)),
    "AWDB-09": Case("ask", ADMINISTRATOR, _ids("AWDB", 2, 3, 4, 11)),
}
"""Clauses that speak of one case alone."""

_LOOKS_S = 15.0
_WENT_DOWN = ("reason", "again", "soon")
_SEEN_ONLY = "seen only in the same experiments and at the same nodes"
_TRIGGERS = _of("CLIENT", 6, 7, 8, 16)

COMES_OF: Mapping[str, tuple[Source, ...]] = {
    # Whoever never goes to side B does not alternate, either; who is told of nothing is not told of the truth.
    **dict.fromkeys(_ids("CTI", 2, 3), _of("CTI", 1)),
    **dict.fromkeys(_ids("CTI", 9, 11), _of("CTI", 8)),
    # Credentials that are no longer known need an AWDB. Those that are kept for less than half an hour count at first.
    # That can be seen only with both AWDBs down, and that one is asked only while one is up.
    "AWDB-04": _of("AWDB", 2, 3, is_everywhere=False),
    "AWDB-03": (Source("AWDB-02", lambda source, other: not _at_first(other)),),
    "AWDB-02": (Source("AWDB-03", lambda source, other: _at_first(source)),),
    # Who does not go to the other AWDB meets the lost one at each request and each retry.
    **dict.fromkeys(_ids("AWDB", 6, 12), _of("AWDB", 5)),
    # Without a trigger nothing begins; and who moves, or is stopped on the way, looks no more. Who does not look at the
    # other server cannot move as he should. Which of these it is, time tells.
    **dict.fromkeys(_GO_ON, (*_TRIGGERS, *_of("CLIENT", 4, 10, 11, 13, 14, 15, bears=_ends_looking))),
    **dict.fromkeys(_ids("CLIENT", 4, 13, 14), _of("CLIENT", 3, bears=_long_before)),
    **dict.fromkeys(_ids("CLIENT", 17, 18, 19, 20), _of("CLIENT", *range(1, 17))),
    # A logout that never comes does not come after a minute, either.
    "DESKTOP-03": _of("DESKTOP", 5),
    # Who is led elsewhere shows no message and tries no more; what is not shown is shown for no reason.
    **dict.fromkeys(_ids("IPPA", 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12), _of("IPPA", 4)),
    **dict.fromkeys(_ids("IPPA", 10, 11), _of("IPPA", 1, 3, 4, 6, 7)),
}
"""Clause → those of which its violation may come, as the documents tell the way of things."""


def arranged(violated: Sequence[Explained]) -> tuple[Group, ...]:
    """All of them, in groups of what goes together; that group and in it that clause first which is the nearest to what
    is wrong."""
    ordered = list(_ordered(sorted(violated, key=lambda one: one.rank)))
    groups: list[Group] = []
    for one in ordered:
        for number, group in enumerate(groups):
            why = _why(group, one, ordered)
            if why:
                companion = Companion(one, why, _is_alike(group.first, one, ordered))
                groups[number] = Group(group.first, (*group.others, companion))
                break
        else:
            groups.append(Group(one))
    return tuple(groups)


def _ordered(ranked: Sequence[Explained]) -> Iterator[Explained]:
    """By rank, but nothing before what it comes of. Where each comes of the other the rank decides."""
    left = list(ranked)
    while left:
        free = [one for one in left if not any(_is_nearer(other, one, ranked) for other in left if other is not one)]
        one = (free or left)[0]
        left.remove(one)
        yield one


def _is_nearer(one: Explained, other: Explained, all_: Sequence[Explained]) -> bool:
    return _is_narrower(one, other, all_) or (_is_source(one, other) and not _is_narrower(other, one, all_))


def _is_confined(other: Explained, case: Case) -> bool:
    """Whether it fails only in that case, and has held in others."""
    fails = other.fails.get(case.axis, ())
    return case.value in fails and case.values.issuperset(fails) and bool(other.spared.get(case.axis))


def _is_narrower(one: Explained, other: Explained, all_: Sequence[Explained]) -> bool:
    """Whether the other fails only in the case of which `one` speaks, and that says more than what the other says."""
    case = SPEAKS_OF.get(one.clause)
    if case is None or not _is_confined(other, case):
        return False
    steps = {told.clause for told in all_ if told.clause in case.steps and _is_confined(told, case)}
    several = len({_SAME_STEP.get(id, id) for id in steps}) > 1
    return other.clause in case.wide or (other.clause in steps and several)


def _is_source(one: Explained, other: Explained) -> bool:
    """Whether the other may come of it, and was seen only where it was."""
    return any(
        source.clause == one.clause
        and source.bears(one, other)
        and (_covers(one, other) if source.is_everywhere else bool(set(one.places) & set(other.places)))
        for source in COMES_OF.get(other.clause, ())
    )


def _covers(one: Explained, other: Explained) -> bool:
    return bool(other.places) and set(other.places) <= set(one.places)


def _is_alike(one: Explained, other: Explained, all_: Sequence[Explained]) -> bool:
    """Whether both speak of the same case, or one of them is a step that fails only in the other's."""
    case, others = SPEAKS_OF.get(one.clause), SPEAKS_OF.get(other.clause)
    if one.clause == other.clause or not _covers(one, other):
        return False
    if case is not None and others is not None:
        return (case.axis, case.value) == (others.axis, others.value)
    if case is None and others is None:
        confined = [own for own in SPEAKS_OF.values() if {one.clause, other.clause} <= own.steps]
        same = _SAME_STEP.get(one.clause, one.clause) == _SAME_STEP.get(other.clause, other.clause)
        return same and any(_is_confined(one, own) and _is_confined(other, own) for own in confined)
    narrow, step = (one, other) if case is not None else (other, one)
    own = case or others
    is_step = own is not None and step.clause in own.steps and _is_confined(step, own)
    return is_step and not _is_narrower(narrow, step, all_)


def _ids_of(some: Sequence[Explained]) -> list[str]:
    return list(dict.fromkeys(one.clause for one in some))


def _why(group: Group, other: Explained, all_: Sequence[Explained]) -> str:
    """Why it goes with what is in the group; "" if nothing says so."""
    first = group.first
    if first.clause == other.clause:
        return "the same clause, looked at in another way"
    if _is_alike(first, other, all_):
        return f"{first.clause} fails in its case alone, and what was seen does not tell the two apart"
    narrow = next((one for one in group.all if _is_narrower(one, other, all_)), None)
    if narrow is not None:
        axis = SPEAKS_OF[narrow.clause].axis
        return f"it fails only for {axis} {listed(other.fails[axis])}, which is what {narrow.clause} speaks of"
    sources = [one for one in group.all if _is_source(one, other)]
    if sources:
        return f"it may come of {listed(_ids_of(sources))}" + (
            f", and was {_SEEN_ONLY}" if _covers(first, other) else ""
        )
    return _SEEN_ONLY if _covers(first, other) else ""


class Unjudged(Protocol):
    """What is known of a clause that was not judged. details: its tests, with the cells of their grids."""

    @property
    def id(self) -> str: ...
    @property
    def details(self) -> Sequence[Any]: ...


def follows_from(row: Unjudged, groups: Sequence[Group]) -> str:
    """The violated clause because of which it could not be judged; "" if none is known. So it is if all cases that are
    left are ones in which a clause of its family fails, and that one has to hold for it, or holds in other cases."""
    left = [cell.at for one in row.details for cell in one.grid if cell.outcome in (UNJUDGED, Outcome.INCONCLUSIVE)]
    family, sources = row.id.partition("-")[0], {source.clause for source in COMES_OF.get(row.id, ())}
    for group in groups:
        own = [told for told in group.all if told.clause.partition("-")[0] == family]
        tells = [told for told in own if any(_lies_in(at, told) for at in left)]
        if not left or not all(any(_lies_in(at, told) for told in own) for at in left):
            continue
        if sources & {told.clause for told in tells} or all(any(_tells_apart(at, told) for told in own) for at in left):
            return group.first.clause
    return ""


def _fails(told: Explained) -> Mapping[str, frozenset[str]]:
    fails = {axis: frozenset(values) for axis, values in told.fails.items()}
    for axis in _axes_of(told):
        fails[axis] = fails.get(axis, frozenset()) | SPEAKS_OF[told.clause].values
    return fails


def _axes_of(told: Explained) -> tuple[str, ...]:
    """Those on which the case stands of which it speaks; what went down does so on three."""
    case = SPEAKS_OF.get(told.clause)
    return () if case is None else _WENT_DOWN if case.axis in _WENT_DOWN else (case.axis,)


def _lies_in(at: Mapping[str, str], told: Explained) -> bool:
    """Whether that cell is a case in which the clause fails, as far as both know its axes."""
    fails = _fails(told)
    shared = [axis for axis in at if axis in fails]
    return bool(shared) and all(at[axis] in fails[axis] for axis in shared)


def _tells_apart(at: Mapping[str, str], told: Explained) -> bool:
    """Whether it lies in a case in which the clause fails, beside others in which it has held."""
    apart = {axis for axis, values in told.spared.items() if values} | set(_axes_of(told))
    return _lies_in(at, told) and bool(apart & at.keys())
