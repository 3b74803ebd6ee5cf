"""An sshd that we did not write, without any change of the machine.

Each connection gets an `sshd -i` of its own in a private mount namespace, where a user database of two lines lies over
the machine's. So no port has to be guessed.
"""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from chaos import clock
from chaos.mock.consoles import ServerKey

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SCRIPTS = Path(__file__).parent / "openssh"
PASSWORD = "Only-4-this-test"
# `openssl passwd -6 -salt chaostest` of it.
HASHED = "$6$chaostest$a5AaCWVLDERLIX2epLX8ehhpfT84SS.uI1alV3cfginEGcsCCWSUeZ1CRo/1ZMiwwtUhjLMMp6OFXorFtUoTt0"
TOMCAT, NOTIFICATION = "Cisco Finesse Tomcat", "Cisco Finesse Notification Service"
KEY = ServerKey.generate()


def why_not() -> str:
    """Why this machine cannot do it; empty if it can."""
    if SSHD is None:
        return "no sshd here (Debian: openssh-server)"
    if shutil.which("unshare") is None or shutil.which("bash") is None:
        return "needs unshare and bash"
    if os.geteuid() != 0:
        return "password logins at sshd need root"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        return "this container may not make mount namespaces"
    return ""


def prepared(tmp_path: Path) -> Path:
    """A folder with everything that the private sshd needs: users `vos` and `win`, whose password is PASSWORD."""
    for script in SCRIPTS.iterdir():
        (tmp_path / script.name).write_bytes(script.read_bytes())
        (tmp_path / script.name).chmod(0o755)
    files = {
        "services": f"A Cisco DB|STARTED|\n{NOTIFICATION}|STARTED|\n{TOMCAT}|STARTED|\nCisco DRF Primary|STOPPED|X\n",
        "cg1a": "4\n",
        "passwd": "root:x:0:0::/:/bin/sh\nsshd:x:65533:65534::/run/sshd:/bin/false\n"
        f"vos:x:0:0::/:{tmp_path}/vos.bash\nwin:x:0:0::/:{tmp_path}/sc.sh\n",
        "shadow": f"root:*:19000::::::\nsshd:*:19000::::::\nvos:{HASHED}:19000::::::\nwin:{HASHED}:19000::::::\n",
        "pam": "auth required pam_unix.so\naccount required pam_permit.so\nsession required pam_permit.so\n",
        "key": KEY.private,
        "config": f"HostKey {tmp_path}/key\nPermitRootLogin yes\nUsePAM no\nPrintMotd no\nPrintLastLog no\n"
        f"AuthorizedKeysFile {tmp_path}/authorized\nStrictModes no\nLogLevel VERBOSE\n",
        "enter.sh": f"""set -e
mount --bind {tmp_path}/passwd /etc/passwd
mount --bind {tmp_path}/shadow /etc/shadow
if [ -e /etc/pam.d/sshd ]; then mount --bind {tmp_path}/pam /etc/pam.d/sshd; fi
mount -t tmpfs tmpfs /run
mkdir -m 755 /run/sshd
exec {SSHD} -i -e -f {tmp_path}/config 2>> {tmp_path}/log
""",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "shadow").chmod(0o600)
    return tmp_path


def serve(place: Path, connection: socket.socket) -> "subprocess.Popen[bytes]":
    """An sshd of its own for one connection."""
    command = ["unshare", "--mount", "sh", str(place / "enter.sh")]
    return subprocess.Popen(command, stdin=connection.fileno(), stdout=connection.fileno())


@asynccontextmanager
async def sshd(place: Path) -> AsyncIterator[int]:
    """Accept connections and give each to an sshd; all of them are ended at the end."""
    servers: list[subprocess.Popen[bytes]] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)

        async def accept() -> None:
            while True:
                connection, _ = await asyncio.get_running_loop().sock_accept(listener)
                connection.setblocking(True)
                with connection:
                    servers.append(serve(place, connection))

        accepting = asyncio.create_task(accept())
        try:
            yield listener.getsockname()[1]
        finally:
            accepting.cancel()
            await asyncio.gather(accepting, return_exceptions=True)
            for server in servers:
                server.terminate()
            for server in servers:
                await clock.in_thread(server.wait, 10)


def reconfigured(place: Path, *lines: str, without: str = "\0") -> None:
    """Change its configuration: lines are added, in front, and those with `without` in them dropped."""
    config = place / "config"
    kept = [line for line in config.read_text().splitlines() if without not in line]
    config.write_text("\n".join((*lines, *kept)) + "\n")


def logged(place: Path, words: str) -> int:
    """How many lines of its log hold those words."""
    return sum(words in line for line in (place / "log").read_text().splitlines())
