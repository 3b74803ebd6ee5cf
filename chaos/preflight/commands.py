"""The lab's own commands: whether they show a state. Only `state` is run, which changes nothing."""

from chaos.clients.command import CommandFailed, CommandNotRun, LabCommand
from chaos.errors import InventoryError
from chaos.preflight.context import Context
from chaos.preflight.finding import Finding, bad, ok
from chaos.wire.console.service import ServiceState


async def state(ctx: Context, *, name: str) -> Finding:
    """A check: the command of that name says that it is started."""
    try:
        command = LabCommand(name, ctx.inventory.commands[name], ctx.env)
        line = await command.service()
    except (CommandNotRun, InventoryError) as error:
        seen, _, advice = str(error).rpartition("; ")
        return bad(seen or str(error), advice if seen else "correct it in the inventory")
    except CommandFailed as error:
        return bad(str(error), f"run 'state' of commands.{name} by hand, and correct its patterns")
    if line.state is not ServiceState.STARTED:
        return bad(f"it says {line.state.value}", f"start it: run 'start' of commands.{name}")
    return ok(f"it says {line.state.value}")
