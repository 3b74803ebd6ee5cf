"""REST by curl and by Node's fetch, with the command lines and calls that scripts in the field have."""

import asyncio
import shutil
from pathlib import Path

import pytest

from chaos import clock
from chaos.wire.finesse import parse_api_errors, parse_dialogs, parse_user
from tests.foreign.client import LIMIT_S, write_authority
from tests.mock.finesse.lab import HOST, PASSWORDS, Lab, lab
from tests.mock.finesse.test_rest_table import people

NODE_STORY = """
const base = process.argv[1], user = process.argv[2]
const headers = {
  'Authorization': 'Basic ' + Buffer.from(user + ':' + process.argv[3]).toString('base64'),
  'Content-Type': 'application/xml', 'requestId': 'node-1',
}
async function ask (method, path, body) {
  const answer = await fetch(base + '/finesse/api/' + path, { method, headers, body })
  console.log(method, path, answer.status, answer.headers.get('requestid'))
  return answer.text()
}
await ask('GET', 'SystemInfo')
await ask('PUT', 'User/' + user, '<User><state>LOGIN</state><extension>2001</extension></User>')
const own = ['Queues', 'ReasonCodes?category=NOT_READY', 'WrapUpReasons', 'PhoneBooks', 'MediaPropertiesLayouts']
for (const path of own) {
  await ask('GET', 'User/' + user + '/' + path)
}
await ask('GET', 'Team/5001?includeLoggedOutAgents=true')
await ask('GET', 'Queue/5001')
const all = []
for (let n = 0; n < 20; n++) all.push(ask('GET', 'User/' + user))
await Promise.all(all)
await ask('DELETE', 'User/' + user)
"""


async def told(*command: str, folder: Path, environment: dict[str, str] | None = None) -> str:
    """What a program says; it must end well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        out, trouble = await process.communicate()
    assert process.returncode == 0, trouble.decode()
    return out.decode()


def needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


def test_curl_signs_in_goes_on_with_its_cookie_and_calls(tmp_path: Path) -> None:
    curl = needs("curl")
    authority = write_authority(tmp_path)

    async def story(made: Lab) -> None:
        port = made.node.tomcat.port
        base = f"https://{HOST}:{port}/finesse/api"
        there = ["--silent", "--cacert", str(authority), "--resolve", f"{HOST}:{port}:127.0.0.1"]

        async def ask(path: str, *more: str) -> str:
            return await told(curl, *there, *more, f"{base}/{path}", folder=tmp_path)

        async def status(path: str, *more: str) -> str:
            return await ask(path, "--output", "answer", "--write-out", "%{response_code}", *more)

        as_ann = ["--user", f"1101:{PASSWORDS['1101']}"]
        as_bob = ["--user", f"1102:{PASSWORDS['1102']}"]
        assert "<status>IN_SERVICE</status>" in await ask("SystemInfo")
        login = "<User><state>LOGIN</state><extension>{}</extension></User>"
        # As most scripts do, without a Content-Type of its own: curl says that it is a form.
        sent = ["--request", "PUT", "--data", login.format("2001"), "--cookie-jar", "jar"]
        assert await status("User/1101", *as_ann, *sent) == "202"
        put = ["--request", "PUT", "--header", "Content-Type: application/xml", "--data"]
        assert await status("User/b.baker", *as_bob, *put, login.format("2002")) == "202"
        assert parse_user(await ask("User/1101", "--cookie", "jar")).extension == "2001"
        call = (
            "<Dialog><requestedAction>MAKE_CALL</requestedAction><fromAddress>2001</fromAddress>"
            "<toAddress>2002</toAddress></Dialog>"
        )
        assert await status("User/1101/Dialogs", *as_ann, "--data", call) == "202"
        (dialog,) = parse_dialogs(await ask("User/1101/Dialogs", *as_ann)).dialogs
        drop = "<Dialog><targetMediaAddress>2001</targetMediaAddress><requestedAction>DROP</requestedAction></Dialog>"
        assert await status(f"Dialog/{dialog.id}", *as_ann, *put, drop) == "202"
        assert await status("User/1101", *as_ann, "--head") == "200"
        refused = await ask("User/1102", *as_ann)
        assert parse_api_errors(refused).errors[0].error_type == "Invalid Authorization User Specified"
        options = await ask("User/1101", "--request", "OPTIONS", "--include")
        assert "Allow: GET,HEAD,OPTIONS,PUT" in options
        upload = [
            "--request",
            "PUT",
            "--header",
            "Expect: 100-continue",
            "--data",
            "<User><state>LOGOUT</state></User>",
        ]
        assert await status("User/1101", *as_ann, *upload) == "202"

    async def main() -> None:
        async with lab(users=people()) as made:
            await story(made)

    clock.run(main(), virtual=False)


def test_fetch_of_node_asks_for_what_a_desktop_needs(tmp_path: Path) -> None:
    node = needs("node")
    authority = write_authority(tmp_path)

    async def main() -> None:
        async with lab(users=people()) as made:
            said = await told(
                node,
                "--input-type=module",
                "--eval",
                NODE_STORY,
                f"https://localhost:{made.node.tomcat.port}",
                "1101",
                PASSWORDS["1101"],
                folder=tmp_path,
                environment={"NODE_EXTRA_CA_CERTS": str(authority), "PATH": str(Path(node).parent)},
            )
        lines = said.splitlines()
        assert [line for line in lines if line.startswith("PUT")] == ["PUT User/1101 202 node-1"]
        assert lines[-1] == "DELETE User/1101 405 node-1"
        got = [line for line in lines if line.startswith("GET")]
        assert len(got) == 28
        assert all(line.endswith(" 200 node-1") for line in got), got

    clock.run(main(), virtual=False)
