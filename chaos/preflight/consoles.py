"""Consoles: pinned host keys, logins, and whether the services run that everything leans on.

A wrong password must lock nobody out: hosts that share an account take turns until one has let it in, and after the
first refusal it is tried nowhere else.
"""

import fnmatch
import re
from collections.abc import Awaitable, Callable

from chaos.clients.console import console_of
from chaos.clients.console.errors import ConsoleError, HostKeyRefused, LoginRefused
from chaos.errors import ChaosError, InventoryError
from chaos.inventory import Host, Ssh
from chaos.preflight.context import Context, Services
from chaos.preflight.doors import require_open
from chaos.preflight.finding import Finding, NotLooked, bad, ok
from chaos.wire.console.service import ServiceLine, ServiceState

FINESSE_SERVICES = ("Cisco Finesse Tomcat", "Cisco Finesse Notification Service")
ICM = "Cisco ICM *"

# Where a message goes on with what to do about it.
_ADVICE = re.compile(
    r"[;.] (?=compare SHA256|If the host was reinstalled)"
    r"|; (?=check the account|is the address right|let the host know|give ssh|log in once|allow it what|the installed)"
)


async def login(ctx: Context, host: Host, ssh: Ssh) -> Finding:
    """A check: the host shows the pinned key, lets us in, and answers as that kind of console does."""
    try:
        services = await look_at(ctx, host, ssh)
    except NotLooked:
        raise
    except HostKeyRefused as error:
        seen, advice = _split(error)
        return bad(seen, advice or "pin its key in the inventory")
    except InventoryError as error:
        seen, _, advice = str(error).partition("; ")
        return bad(seen, advice)
    except LoginRefused as error:
        seen, advice = _split(error)
        return bad(f"{seen} (not tried at other hosts with this account)", advice or "check the account")
    except ConsoleError as error:
        seen, advice = _split(error)
        return bad(seen, advice or "see that the host's SSH server is healthy, and that this is its port")
    except ChaosError as error:
        return bad(str(error), f"is this a {'VOS' if ssh.kind == 'vos' else 'Windows'} console?")
    return ok(f"host key as pinned, {ssh.user} is let in, {len(services.lines)} services listed")


def _split(error: ChaosError) -> tuple[str, str]:
    """What was seen, and the advice, of a message that holds both."""
    parts = _ADVICE.split(str(error), maxsplit=1)
    return parts[0], parts[1] if len(parts) > 1 else ""


async def look_at(ctx: Context, host: Host, ssh: Ssh) -> Services:
    """Log in once and list. Raises NotLooked, ConsoleError, TranscriptError, InventoryError."""
    await require_open(ctx, "SSH", host.dial, ssh.port)
    return await ctx.once(f"console {host.host}", lambda: _in_turn(ctx, host, ssh))


async def _in_turn(ctx: Context, host: Host, ssh: Ssh) -> Services:
    account = ctx.account(ssh)
    if account.let_in:
        return await _listed(ctx, host)
    async with account.turn:
        if account.refused_at is not None:
            raise NotLooked(
                f"not tried: user {ssh.user} was refused at {account.refused_at}, and a second wrong password "
                "might lock the account"
            )
        if not account.let_in:
            try:
                services = await _listed(ctx, host)
            except LoginRefused:
                account.refused_at = host.host
                raise
            account.let_in = True
            return services
    return await _listed(ctx, host)


async def _listed(ctx: Context, host: Host) -> Services:
    console = console_of(host, ctx.inventory, ctx.env)
    try:
        return Services(await console.services())
    finally:
        await console.close()


async def finesse_services(ctx: Context, host: Host, ssh: Ssh) -> Finding:
    """A check: the node's two services are STARTED."""
    lines = {line.name: line for line in await _services(ctx, host, ssh)}
    lacking = [name for name in FINESSE_SERVICES if name not in lines]
    if lacking:
        return bad(
            f"{host.host} lists no {' and no '.join(lacking)}", "is this a Finesse node of Unified CCE? Correct 'host'"
        )
    return _all_started(host, [lines[name] for name in FINESSE_SERVICES], lambda name: f"utils service start {name}")


def windows_services(*patterns: str) -> Callable[[Context, Host, Ssh], Awaitable[Finding]]:
    """A check: the services of these patterns are there and run. `{instance}` stands for the ICM instance, or `*`."""

    async def run(ctx: Context, host: Host, ssh: Ssh) -> Finding:
        listed = await _services(ctx, host, ssh)
        found: list[ServiceLine] = []
        for pattern in patterns:
            wanted = pattern.format(instance=ssh.instance or "*")
            fits = [line for line in listed if fnmatch.fnmatchcase(line.name.casefold(), wanted.casefold())]
            if not fits:
                there = ", ".join(line.name for line in listed if fnmatch.fnmatchcase(line.name, ICM)) or "none"
                return bad(
                    f"{host.host} has no service '{wanted}'; its ICM services: {there}",
                    "correct 'instance' in the inventory, or the host",
                )
            found += fits
        return _all_started(host, found, lambda name: f'sc.exe start "{name}"')

    return run


async def _services(ctx: Context, host: Host, ssh: Ssh) -> tuple[ServiceLine, ...]:
    try:
        return (await look_at(ctx, host, ssh)).lines
    except NotLooked:
        raise
    except ChaosError:
        raise NotLooked(f"the console of {host.host} cannot be used") from None


def _all_started(host: Host, lines: list[ServiceLine], command: Callable[[str], str]) -> Finding:
    idle = [line for line in lines if line.state is not ServiceState.STARTED]
    if not idle:
        return ok(f"STARTED: {', '.join(line.name for line in lines)}")
    said = "; ".join(f"{line.name} is {line.state}{f' ({line.reason})' if line.reason else ''}" for line in idle)
    return bad(f"on {host.host} {said}", f"{' and '.join(f'`{command(line.name)}`' for line in idle)} at its console")
