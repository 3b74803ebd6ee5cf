"""Along which axes requests differ: who asks how (`ask`), and what for (`request`)."""

from chaos.history.asking import ADMINISTRATOR, ask_of, asker_of
from chaos.history.awdb_links import Dark
from chaos.journal import RestExchange

VERBS = ("GET", "PUT", "POST")
ASKERS = (*(f"agent {verb}" for verb in VERBS), ADMINISTRATOR)

# Every resource that agents may ask for, with each verb that it takes. Source: Finesse developer guide.
AGENT_REQUESTS = (
    "GET User/{id}",
    "GET User/{id}/Dialogs",
    "GET User/{id}/ReasonCodes",
    "GET Dialog/{id}",
    "GET ReasonCode/{id}",
    "PUT User/{id}",
    "PUT Dialog/{id}",
    "POST User/{id}/Dialogs",
)
# What an administrator may read at both nodes, whatever the administration console shows.
ADMINISTRATOR_REQUESTS = tuple(f"{ADMINISTRATOR} GET {name}" for name in ("Users", "ReasonCodes", "ConnectedUsersInfo"))
REQUESTS = (*AGENT_REQUESTS, *ADMINISTRATOR_REQUESTS)


SILENT = "both fell silent"
"""How both AWDBs were lost (`loss`), other than by being refused."""


def both_silent(dark: Dark) -> dict[str, str]:
    """Their place on that axis."""
    return {"loss": SILENT} if dark.primary.met == dark.secondary.met == "silence" else {}


def at(request: RestExchange) -> dict[str, str]:
    """Its place on those axes, and its node."""
    return {"node": request.node, "ask": asker_of(request), "request": ask_of(request)}
