"""Operator consoles over SSH: `VosConsole` for Finesse nodes, `WindowsConsole` for the Unified CCE hosts."""

from chaos.clients.console.exchange import ConsoleExchange as ConsoleExchange
from chaos.clients.console.making import Console as Console
from chaos.clients.console.making import console_of as console_of
from chaos.clients.console.vos import VosConsole as VosConsole
from chaos.clients.console.windows import WindowsConsole as WindowsConsole
