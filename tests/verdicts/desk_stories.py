"""Stories of one desktop in a few words, which several tests of CLIENT go on from; see `desks.py` for the words."""

from chaos.history.desktops import CTI
from chaos.verdicts import client
from chaos.verdicts.check import Check
from chaos.verdicts.outcome import Outcome
from tests.verdicts.desks import BACK, LOST, every, outcomes

HELD, VIOLATED, INCONCLUSIVE = {Outcome.HELD}, {Outcome.VIOLATED}, {Outcome.INCONCLUSIVE}

SEEKS = "\n".join(
    (
        "10 told OUT",
        f"10 shows {LOST}",
        every(10, 10, 80, "looks fin-a OUT"),
        every(10, 15, 85, "looks fin-b fails"),
    )
)
RETURNS = f"{SEEKS}\n90 looks fin-a IN\n90 reads fin-a User\n90 reads fin-a Dialogs\n90 shows {BACK}"
GOES = "95 goes fin-b\n95 looks fin-b IN\n95 opens fin-b\n95 signs-in fin-b 202"
GOES += "\n95 reads fin-b User\n95 reads fin-b Dialogs"
LIVES = "106 is-present fin-b\n" + every(30, 125, 275, "lives fin-b")
MOVES = f"{SEEKS}\n90 looks fin-a OUT\n95 looks fin-b IN\n95 looks fin-a OUT\n{GOES}"
LIBRARY_RETURNS = "\n".join(
    (
        "10 bosh fails\n13 tries fails\n16 tries fails\n19 tries fails",
        every(10, 19, 89, "looks fin-a OUT"),
        f"99 looks fin-a IN\n99 tries opens\n99 reads fin-a User\n99 reads fin-a Dialogs\n99 shows {BACK}",
        every(30, 125, 275, "lives fin-a"),
    )
)
TRIES = "10 bosh fails\n13 tries fails\n16 tries fails\n19 tries fails"

# Ann's event stream goes on, and she is told nothing; at second 10 somebody else was, and her node is out until 60.
ELSEWHERE = "10 others-are-told fin-a OUT\n" + every(10, 10, 60, "probe fin-a OUT")
QUIET = f"{ELSEWHERE}\n20 lives fin-a"


def silent(text: str, check: Check = client.agent_is_told_of_the_loss, reason: str = CTI) -> set[Outcome]:
    return outcomes(check, text, reason=reason, lasts_s=100.0)
