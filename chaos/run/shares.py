"""Which experiments of a long run are played in which of two labs.

On the virtual clock a run takes as long as its processor time, so a long one is played on two mocks, side by side where
there are two processors. What an experiment finds (ages of credentials, numbers of connections) depends on what was
played before it in the same lab. So who is played where is worked out from names and a table alone, and never from the
machine: one seed has one set of journals everywhere.
"""

from collections.abc import Mapping, Sequence

LABS = 2
# A second lab has to be opened, and its journals are read back: that is not worth it for less.
_WORTH_S = 8.0
# Of somebody's own suites, which are in no table.
_UNKNOWN_S = 1.0


def shares(names: Sequence[str], lengths_s: Mapping[str, float]) -> tuple[tuple[str, ...], ...]:
    """The experiments of each lab, in the order of `names`; one lab if all of it is short. Pure.

    lengths_s: seconds of a processor by name. The longest are dealt out first, each to the lab that has least to do.
    """
    cost_s = {name: lengths_s.get(name, _UNKNOWN_S) for name in names}
    if sum(cost_s.values()) < _WORTH_S or len(cost_s) < LABS:
        return (tuple(cost_s),)
    load_s = [0.0] * LABS
    lab_of: dict[str, int] = {}
    for name in sorted(cost_s, key=lambda name: (-cost_s[name], name)):
        lab_of[name] = load_s.index(min(load_s))
        load_s[lab_of[name]] += cost_s[name]
    return tuple(tuple(name for name in cost_s if lab_of[name] == lab) for lab in range(LABS))
