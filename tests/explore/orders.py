"""`python -m tests.explore.orders`: defects that need an order of events, each explored for until it is found.

Each shows only in a fail-over that follows on another one: no experiment of the suites has that, so that a run of them
is HELD. What exploring needs to find it, and how small the schedule becomes, is told and kept.
"""

import argparse
import json
import os
import secrets
import sys
from pathlib import Path

from chaos import clock
from chaos.explore.drawing import enumerated
from chaos.explore.exploring import Explorer, Plan, processes
from chaos.inventory import load
from chaos.mock.defects import parse_break

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "reports" / "orders.json"

ORDERS = (
    # A second loss soon after the nodes were back.
    "socket-loss-waits@order=soon-again",
    "loss-not-told@order=soon-again",
    "loss-told-late@order=soon-again",
    "gap-answers@order=soon-again",
    "gap-500@order=soon-again",
    "gap-401@order=soon-again",
    "gap-says-in-service@order=soon-again",
    "gap-events@order=soon-again",
    "no-in-service-notice@order=soon-again",
    "refuses-after-reconnect@order=soon-again",
    "says-out-of-service@order=soon-again",
    "mute-after-reconnect@order=soon-again",
    "events-late@order=soon-again",
    "gap-state-lost@order=soon-again",
    "gap-state-old@order=soon-again",
    "gap-call-start-lost@order=soon-again",
    "gap-call-end-lost@order=soon-again",
    "fails-after-reconnect@order=soon-again",
    # A session that is lost again while it is loaded, before the node is in service.
    "refuses-after-reconnect@order=half-way",
    "no-in-service-notice@order=half-way",
    "mute-after-reconnect@order=half-way",
    "says-out-of-service@order=half-way",
    "gap-state-lost@order=half-way",
    "gap-call-end-lost@order=half-way",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/orders", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("what", nargs="*", metavar="BREAK", help="only these (default: all of them)")
    parser.add_argument("--schedules", type=int, default=1300, help="so many for each at most")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="what is drawn from; it is printed")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes at once")
    wanted = parser.parse_args()
    inventory = load(ROOT / "inventories" / "mock.yaml", os.environ)
    _say(f"seed {wanted.seed}")
    rows = {}
    for text in wanted.what or ORDERS:
        plan = Plan(wanted.seed, inventory, ("CTI",), (text,), wanted.schedules, enumerated(("CTI",))[0])
        explorer = Explorer(plan, processes(wanted.workers), lambda result: None)
        with clock.stopwatch() as passed_s:
            found = explorer.explored
            explorer.explore(lambda: bool(found.found))  # noqa: B023  (called before the next round)
            rows[text] = _row(explorer, parse_break(text).defect.clause, passed_s())
        _say(f"{text}: {rows[text]}")
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    caught = sum("clauses" in row for row in rows.values())
    _say(f"{caught} of {len(rows)} were found")
    return 0 if caught == len(rows) else 1


def _row(explorer: Explorer, clause: str, took_s: float) -> dict[str, object]:
    explored = explorer.explored
    row: dict[str, object] = {"schedules": len(explored.results), "s": round(took_s)}
    if explored.found:
        # What was begun beside the one that found it, or after it, has not helped.
        first = explored.found[0]
        up_to = [result for result in explored.results if result.number <= first.number]
        row |= {"found by": len(up_to), "processor s": round(sum(one.processor_s for one in up_to), 1)}
        clauses = sorted({one for result in explored.found for one in result.clauses})
        row |= {"clauses": clauses, "own": clause in clauses}
    smaller = [result.small for result in explored.small.values() if result.small is not None]
    if smaller:
        row |= {"faults": min(len(one.breaks) for one in smaller), "acts": min(len(one.acts) for one in smaller)}
        row["made small in processor s"] = [round(one.processor_s, 1) for one in explored.small.values()]
        row["small"] = [str(one) for one in smaller]
    return row


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
