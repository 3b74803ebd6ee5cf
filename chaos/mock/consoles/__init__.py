"""SSH consoles of the mock deployment: a VOS admin CLI for each Finesse node, `sc.exe` for each Windows host."""

from chaos.mock.consoles.control import Account as Account
from chaos.mock.consoles.control import ServerKey as ServerKey
from chaos.mock.consoles.control import ServiceControl as ServiceControl
from chaos.mock.consoles.vos import MockVos as MockVos
from chaos.mock.consoles.vos import VosVariants as VosVariants
from chaos.mock.consoles.windows import MockWindows as MockWindows
from chaos.mock.consoles.windows import WindowsVariants as WindowsVariants
