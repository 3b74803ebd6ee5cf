"""Each rule has a bad file, and its message is asserted: place, key path, expectation, finding, remedy."""

from pathlib import Path

import pytest

from chaos.errors import InventoryError, UsageError
from chaos.inventory import MockOptions, MockVariants, check, load, resolved
from tests.inventory.labs import LIVE, REPOSITORY, complaint, host_key, spoilt, written

PUBLISHER_KEY = f", host_key: {host_key()}"


def one_problem(folder: Path, text: str) -> tuple[str, str]:
    """The place-and-finding line and the remedy of a file with exactly one problem."""
    headline, problem, remedy = complaint(folder, text).splitlines()
    assert headline == "lab.yaml: 1 problem; nothing was touched"
    return problem, remedy.strip()


# what is changed, into what, where it is reported, part of what was expected and found, part of the remedy
SPOILT = {
    # safety
    "not disposable": (
        "disposable: true",
        "disposable: false",
        "3:13: disposable:",
        "true, found false",
        "nobody needs",
    ),
    "disposable left out": ("disposable: true\n", "", "1:1: disposable:", "true, found nothing", "nobody needs"),
    "a LOAD that there is not": (
        "login: clara",
        "login: clara, load: 2",
        "agents[2].load:",
        "one of 0, 1, found 2",
        "choose one of these",
    ),
    "a name that is too long": (
        "name: lab\n",
        f"name: {'x' * 300}\n",
        "1:7: name:",
        "at most 256 characters",
        "shorten it",
    ),
    "more at work than are named": (
        "max_foreign_agents: 2\n",
        "max_foreign_agents: 2\nat_work: 400\n",
        "5:10: at_work:",
        "agents are named, found 400",
        "name more agents",
    ),
    "foreign agents left out": (
        "max_foreign_agents: 2\n",
        "",
        "1:1: max_foreign_agents:",
        "found nothing",
        "add 'max_foreign_agents: 0'",
    ),
    "no CA": ("tls: {ca: ca.pem}\n", "", "1:1: tls.ca:", "a CA file, found nothing", "add 'tls: {ca: lab-ca.pem}'"),
    "host key not pinned": (
        PUBLISHER_KEY,
        "",
        "9:3: publisher.ssh.host_key:",
        "pinned public key",
        "ssh-keyscan -p 22 fin-a.lab.example",
    ),
    "admin's password in the file": (
        "{env: BOSS}",
        "hunter2",
        "22:31: admin.password:",
        "{env: NAME} or {file: PATH}, found a literal",
        "take the secret",
    ),
    "console's password in the file": (
        "{env: VOS}",
        "hunter2",
        "9:32: publisher.ssh.password:",
        "a literal text (not shown)",
        "take the secret out",
    ),
    "a phone account's password written down": (
        "name: lab\n",
        "name: lab\nphones: {account: {user: fippa, password: hunter2}, devices: []}\n",
        "2:43: phones.account.password:",
        "a literal text (not shown)",
        "take the secret out",
    ),
    "a password of single sign-on written down": (
        "name: lab\n",
        "name: lab\nsso: {refresh_token_s: 3600, agents: [{id: 9, password: hunter2, extension: 9}]}\n",
        "2:57: sso.agents[0].password:",
        "a literal text (not shown)",
        "take the secret out",
    ),
    "an agent with both ways of signing in": (
        "name: lab\n",
        "name: lab\nsso: {refresh_token_s: 3600, agents: [{id: 1001, login: x, password: {env: X}, extension: 9}]}\n",
        "2:44: sso.agents[0].id:",
        "id of its own, found that of agents[0]",
        "not by both",
    ),
    "mock options in a live lab": (
        "name: lab\n",
        "name: lab\nmock: {}\n",
        "2:1: mock:",
        "found one",
        "deployment: mock",
    ),
    # hosts
    "both nodes alike": (
        "fin-b.lab",
        "FIN-A.lab",
        "10:20: subscriber.host:",
        "another machine than publisher",
        "single-node",
    ),
    "both CTI sides alike": ("pg-b.lab", "pg-a.lab", "13:13: cti.b.host:", "another machine than cti.a", "simplex"),
    "link to another port": (
        "10.0.0.22}",
        "10.0.0.22, port: 43028}",
        "21:",
        "cti.b: 10.0.0.22:43028, found '10.0.0.22:43027'",
        "same server",
    ),
    "both AWDB hosts alike": (
        "{host: aw-a.lab.example}",
        "{host: aw-a}\n  secondary: {host: aw-a}",
        "16:21: awdb.secondary.host:",
        "another machine than awdb.primary",
        "drop 'secondary'",
    ),
    "IPv6 for CTI": (
        "10.0.0.21}",
        '"fe80::1"}',
        "12:40: cti.a.address:",
        "literal IPv4 address, found 'fe80::1'",
        "IPv4 only",
    ),
    "URL for host": (
        "fin-b.lab.example",
        "https://fin-b",
        "10:20: subscriber.host:",
        "found 'https://fin-b'",
        "name alone",
    ),
    "half an address": ("fin-b.lab.example", "10.0.0", "10:20: subscriber.host:", "whole IP address", "four numbers"),
    "name for a node's address": (
        "{host: fin-b.lab.example}",
        "{host: fin-b, address: fin-b}",
        "10:36: subscriber.address:",
        "a literal IP address, found 'fin-b'",
        "belongs to 'host'",
    ),
    "bare IPv6": ("10.0.0.5:42027", "fe80::1:42027", "20:33: links.cti-a.listen:", "host:port", "for example"),
    "impossible URL": (
        "http://10.0.0.6:8474",
        "http://[10.0.0.6:8474",
        "18:16: proxies.bench.api:",
        "http://host:port",
        "8474",
    ),
    "name for address": ("10.0.0.21}", "pg-a}", "12:40: cti.a.address:", "found 'pg-a'", "IPv4"),
    "wrong kind of console": (
        "ssh: {user: admin",
        "ssh: {kind: windows, user: admin",
        "8:3: publisher:",
        "ssh.kind vos",
        "leave 'kind' out",
    ),
    "no way to sign in": (
        ", password: {env: VOS}",
        "",
        "9:8: publisher.ssh:",
        "'password' or 'key_file'",
        "how to sign in",
    ),
    "passphrase of no key": (
        "password: {env: VOS}",
        "password: {env: VOS}, key_passphrase: {env: K}",
        "9:8: publisher.ssh:",
        "'key_file' beside",
        "drop the passphrase",
    ),
    # host keys
    "fingerprint": (
        host_key(),
        "SHA256:abc",
        "publisher.ssh.host_key:",
        "whole public host key",
        "a fingerprint cannot be pinned",
    ),
    "line of known_hosts": (
        host_key(),
        f"fin-a {host_key()}",
        "publisher.ssh.host_key:",
        "a key type",
        "leave out the host name",
    ),
    "cut host key": (host_key(), host_key()[:-3], "publisher.ssh.host_key:", "whole base64", "cut or mistyped"),
    "host key of another type": (
        host_key(),
        host_key().replace("ed25519", "rsa"),
        "publisher.ssh.host_key:",
        "base64 of a ssh-rsa key",
        "another key type",
    ),
    "old DSA key": (host_key(), "ssh-dss AAAA", "publisher.ssh.host_key:", "'TYPE BASE64'", "ssh-keyscan"),
    # proxies and links
    "unknown proxy": (
        '{proxy: local, listen: "10.0.0.5:43027"',
        '{proxy: loacl, listen: "10.0.0.5:43027"',
        "21:18: links.cti-b.proxy:",
        "a name from 'proxies' (local, bench), found 'loacl'",
        "add 'loacl: {}'",
    ),
    "unknown link": (
        "  cti-b: {proxy",
        "  cti-c: {proxy",
        "21:3: links.cti-c:",
        "cti-a, cti-b, awdb-a, awdb-b",
        "did you mean",
    ),
    "link to no host": (
        "  b: {host: pg-b.lab.example, address: 10.0.0.22}\n",
        "",
        "20:3: links.cti-b:",
        "(cti.b)",
        "describe cti.b",
    ),
    "crossed link": (
        '10.0.0.21:42027"',
        '10.0.0.22:43027"',
        "20:86: links.cti-a.upstream:",
        "cti.a: 10.0.0.21:42027, found",
        "correct one",
    ),
    "wildcard": (
        "10.0.0.5:42027",
        "0.0.0.0:42027",
        "20:33: links.cti-a.listen:",
        "never the wildcard",
        "that Finesse dials",
    ),
    "name to listen on": (
        "10.0.0.5:42027",
        "here:42027",
        "20:33: links.cti-a.listen:",
        "literal IP",
        "write its address",
    ),
    "IPv6 to listen on": (
        "10.0.0.5:42027",
        "[::1]:42027",
        "20:33: links.cti-a.listen:",
        "an IPv4 address",
        "IPv4 only",
    ),
    "no port": ("10.0.0.5:42027", "10.0.0.5", "20:33: links.cti-a.listen:", "host:port", "for example"),
    "port out of range": (
        "10.0.0.5:42027",
        "10.0.0.5:65536",
        "20:33: links.cti-a.listen:",
        "1 to 65535",
        "for example",
    ),
    "listen missing": (
        'listen: "10.0.0.5:43027", ',
        "",
        "21:3: links.cti-b.listen:",
        "administration is set to",
        "ADDRESS:PORT",
    ),
    "upstream missing": (
        ', upstream: "10.0.0.22:43027"',
        "",
        "21:3: links.cti-b.upstream:",
        "the real server",
        "add 'upstream: ADDRESS:PORT'",
    ),
    "two on one port": (
        "10.0.0.5:43027",
        "10.0.0.5:42027",
        "21:33: links.cti-b.listen:",
        "'10.0.0.5:42027', which links.cti-a.listen has",
        "of its own",
    ),
    "relay on the listen port": (
        "127.0.0.1:5000",
        "10.0.0.5:42027",
        "20:58: links.cti-a.relay:",
        "which links.cti-a.listen has",
        "of its own",
    ),
    "relay for a database": (
        "  cti-b: {proxy: local",
        '  awdb-a: {proxy: local, listen: "10.0.0.5:1", relay: "127.0.0.1:7",'
        ' upstream: "aw-a.lab.example:1433"}\n  cti-b: {proxy: local',
        "links.awdb-a.relay:",
        "no relay",
        "CTI messages only",
    ),
    "relay out of a remote proxy's reach": (
        "cti-a: {proxy: local",
        "cti-a: {proxy: bench",
        "20:58: links.cti-a.relay:",
        "proxy 'bench' can reach",
        "another machine",
    ),
    "proxy with a password": (
        "http://10.0.0.6:8474",
        "http://u:hunter2@10.0.0.6:8474",
        "18:16: proxies.bench.api:",
        "without user",
        "no authentication",
    ),
    "proxy without a port": (
        "http://10.0.0.6:8474",
        "http://10.0.0.6",
        "18:16: proxies.bench.api:",
        "http://host:port",
        "8474",
    ),
    "proxy from nowhere": (
        "local: {}",
        "local: {embedded: false}",
        "17:10: proxies.local:",
        "'api' of the running",
        "embedded",
    ),
    # people
    "a login that is another's id": (
        "login: clara",
        "login: '1002'",
        "26:23: agents[2].login:",
        "login of its own, found that of agents[1]",
        "correct one",
    ),
    "one id twice": (
        "id: 1002",
        "id: 1001",
        "25:10: agents[1].id:",
        "id of its own, found that of agents[0]",
        "correct one",
    ),
    "one login twice": ("login: clara", "login: 1001", "26:23: agents[2].login:", "login of its own", "correct one"),
    "one extension twice": ("2003", "2001", "agents[2].extension:", "found that of agents[0]", "correct one"),
    "an agent's number outside": (
        "5550100",
        "2001",
        "27:17: outside_number:",
        "extension of agents[0]",
        "no agent uses",
    ),
    "no number": ("5550100", "five", "27:17: outside_number:", "a number to dial, found 'five'", "digits"),
    "environment variable's value": (
        "{env: BOSS}",
        "{env: hunter2 x}",
        "admin.password.env:",
        "(not shown)",
        "never its value",
    ),
    "secret as a key": (
        "{env: BOSS}",
        "{hunter2}",
        "admin.password:",
        "another key (not shown)",
        "where the secret is",
    ),
    "two secrets in one": ("{env: BOSS}", "{env: A, file: b}", "admin.password:", "exactly one of", "keep one"),
    "no secret": ("{env: BOSS}", "''", "admin.password:", "{env: NAME} or {file: PATH}", "an empty secret is none"),
    "list for a secret": (
        "{env: BOSS}",
        "[a]",
        "admin.password:",
        "{env: NAME} or {file: PATH}, found a list of 1",
        "for example",
    ),
    # scalars
    "misspelled key": (
        "outside_number",
        "outside_numbr",
        "27:1: outside_numbr:",
        "found 'outside_numbr'",
        "did you mean 'outside_number'?",
    ),
    "strange key": (
        "name: lab\n",
        "name: lab\nxyzzy: 1\n",
        "2:1: xyzzy:",
        "a key that is known here",
        "the keys here are name,",
    ),
    "misspelled choice": ("12.6(2)", "12.6(3)", "5:10: release:", "one of 11.6(1),", "did you mean '12.6(2)'?"),
    "choice of nothing": (
        "deployment: live",
        "deployment: 7",
        "2:13: deployment:",
        "one of live, mock, found 7",
        "choose one",
    ),
    "true for a number": (
        "max_foreign_agents: 2",
        "max_foreign_agents: true",
        "4:21:",
        "a whole number, found true",
        "write digits alone",
    ),
    "word for a number": (
        "max_foreign_agents: 2",
        "max_foreign_agents: two",
        "4:21:",
        "a whole number, found 'two'",
        "digits",
    ),
    "number out of range": (
        "max_foreign_agents: 2",
        "max_foreign_agents: -1",
        "4:21:",
        "at least 0, found -1",
        "in that range",
    ),
    "list for a mapping": (
        "tls: {ca: ca.pem}",
        "tls: [ca.pem]",
        "6:6: tls:",
        "a mapping, found a list of 1",
        "'key: value' lines",
    ),
    "home folder": ("ca: ca.pem", "ca: ~/ca.pem", "6:11: tls.ca:", "a path", "'~' is not expanded"),
    "empty path": ("ca: ca.pem", "ca: ''", "6:11: tls.ca:", "path of a file", "leave the key out"),
    "blank in a name": ("name: lab\n", "name: my lab\n", "1:7: name:", "a name of ASCII letters", "not a path"),
    "merge key": ("name: lab\n", "name: lab\n<<: {}\n", "2:1: <<:", "a key that is known here", "write the values out"),
    "missing section": (
        "admin: {user: boss, password: {env: BOSS}}\n",
        "",
        "1:1: admin:",
        "a key 'admin', found nothing",
        "add 'admin: {user:",
    ),
    "missing key": (
        "user: boss, ",
        "",
        "22:1: admin.user:",
        "a key 'user', found nothing",
        "add 'user: administrator'",
    ),
    "text for a section": (
        'cti-b: {proxy: local, listen: "10.0.0.5:43027", upstream: "10.0.0.22:43027"}',
        "cti-b: hunter2",
        "21:10: links.cti-b:",
        "a mapping, found a single value (not shown)",
        "lines",
    ),
}


@pytest.mark.parametrize("case", SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_lab_is_refused_with_place_expectation_and_remedy(tmp_path: Path, case: tuple[str, ...]) -> None:
    old, new, place, expectation, remedy = case
    problem, said = one_problem(tmp_path, spoilt(old, new))
    assert problem.startswith("lab.yaml:")
    assert place in problem
    assert expectation in problem
    assert remedy in said
    assert "hunter2" not in problem + said


def test_two_hosts_at_one_address_are_one_host(tmp_path: Path) -> None:
    text = spoilt("address: 10.0.0.22", "address: 10.0.0.21").replace("10.0.0.22:43027", "10.0.0.21:43027")
    assert "cti.b.address: expected another machine than cti.a, found '10.0.0.21'" in one_problem(tmp_path, text)[0]


def test_a_proxy_does_not_lead_to_itself(tmp_path: Path) -> None:
    text = spoilt("address: 10.0.0.21", "address: 10.0.0.5").replace("10.0.0.21:42027", "10.0.0.5:42027")
    problem, remedy = one_problem(tmp_path, text)
    assert "links.cti-a.upstream: expected the real server, found '10.0.0.5:42027', where links.cti-a.listen" in problem
    assert "in a circle" in remedy


def test_one_agent_is_too_few_and_two_are_enough(tmp_path: Path) -> None:
    lines = LIVE.splitlines(keepends=True)
    two = "".join(line for line in lines if "id: 1003" not in line)
    one = "".join(line for line in two.splitlines(keepends=True) if "id: 1002" not in line)
    problem, remedy = one_problem(tmp_path, one)
    assert "lab.yaml:24:3: agents: expected at least two agents, found a list of 1" in problem
    assert "all clauses need six" in remedy
    assert len(load(written(tmp_path, two)).agents) == 2


def test_all_mistakes_of_a_file_are_reported_at_once_and_in_order(tmp_path: Path) -> None:
    text = LIVE
    for old, new in (
        ("disposable: true", "disposable: false"),  # a rule across sections …
        ("12.6(2)", "12.7"),
        ("user: admin,", "usr: admin,"),
        ("address: 10.0.0.21", "address: here"),  # … and beside a broken section
        ("{env: BOSS}", "hunter2"),
        ("id: 1002", "id: 10 02"),
        ("login: clara", "login: 1001"),  # in a list with a broken item before it
    ):
        assert old in text
        text = text.replace(old, new)
    said = complaint(tmp_path, text)
    keys = [line.split(": ")[1] for line in said.splitlines()[1::2]]
    expected = "disposable release publisher.ssh.usr cti.a.address admin.password agents[1].id agents[2].login"
    assert keys == expected.split()
    assert said.startswith("lab.yaml: 7 problems; nothing was touched\n")


def test_a_misspelled_key_is_not_reported_as_missing_too(tmp_path: Path) -> None:
    assert "did you mean 'user'?" in one_problem(tmp_path, spoilt("user: boss", "usr: boss"))[1]
    assert "did you mean 'disposable'?" in one_problem(tmp_path, spoilt("disposable", "disposible"))[1]
    assert "did you mean 'password'?" in one_problem(tmp_path, spoilt("password: {env: VOS}", "pasword: hunter2"))[1]


def test_a_stray_key_does_not_hide_what_the_model_itself_says(tmp_path: Path) -> None:
    said = complaint(tmp_path, spoilt("password: {env: VOS}", "xyzzy: 1"))
    assert "publisher.ssh.xyzzy: expected a key that is known here" in said
    assert "publisher.ssh: expected 'password' or 'key_file'" in said


def test_a_mock_may_leave_out_addresses_and_hold_passwords() -> None:
    inventory = load(REPOSITORY / "inventories" / "mock.yaml")
    assert inventory.disposable
    assert inventory.links["cti-a"].listen is None
    assert inventory.admin.password.reveal({}) == "mock-admin"


def test_what_a_sound_product_is_free_to_do_has_its_documented_bounds() -> None:
    mock = load(REPOSITORY / "inventories" / "mock.yaml")
    assert mock.mock is not None
    assert mock.mock.variants == MockVariants()
    free = {"told_after_gap": "everything", "dial_pause_s": 2, "loading_s": 140, "awdb_attempts": 2}
    free |= {"insecure_xmpp": True, "cors_origins": ["*"], "user_auth_mode": False, "phone_inactivity_s": 120}
    free |= {"retry_pause_s": 9, "spelling": "other", "delivered": "twice", "awdb_connection": "each question"}
    free |= {"library_pauses_s": [1, 2, 8], "gadgets_s": 7}
    assert resolved(mock, {"mock": {"variants": free, "defects": ["gap-500@node=b"]}}).mock == MockOptions(
        variants=MockVariants(
            told_after_gap="everything",
            dial_pause_s=2.0,
            loading_s=140.0,
            awdb_attempts=2,
            insecure_xmpp=True,
            cors_origins=("*",),
            user_auth_mode=False,
            phone_inactivity_s=120.0,
            retry_pause_s=9.0,
            spelling="other",
            delivered="twice",
            awdb_connection="each question",
            library_pauses_s=(1.0, 2.0, 8.0),
            gadgets_s=7.0,
        ),
        defects=("gap-500@node=b",),
        access_token_s=mock.mock.access_token_s,
    )
    for name, value in (("told_after_gap", "all"), ("dial_pause_s", 60), ("loading_s", 151), ("awdb_attempts", 3)):
        with pytest.raises(InventoryError, match=f"mock.variants.{name}"):
            resolved(mock, {"mock": {"variants": {name: value}}})


def test_a_launcher_fills_in_what_a_mock_left_out() -> None:
    mock = load(REPOSITORY / "inventories" / "mock.yaml")
    filled = resolved(
        mock,
        {
            "publisher.address": "127.0.1.1",
            "publisher.https_port": 40001,
            "cti.a.address": "127.0.1.3",
            "cti.a.port": 40003,
            "links.cti-a.listen": "127.0.2.1:40004",
            "links.cti-a.upstream": "127.0.1.3:40003",
            "publisher.ssh": {"user": "admin", "password": "x", "port": 40005},
            "tls.ca": "/tmp/ca.pem",
        },
    )
    assert filled.publisher.dial == "127.0.1.1"
    assert filled.publisher.base_url == "https://fin-a.mock.test:40001"
    assert filled.publisher.ssh is not None
    assert filled.publisher.ssh.kind == "vos"
    assert filled.cti.b == mock.cti.b
    assert filled.links["cti-b"] == mock.links["cti-b"]
    assert filled.links["cti-a"].listen_at == ("127.0.2.1", 40004)
    assert filled.tls.ca == Path("/tmp/ca.pem")
    assert mock.publisher.address is None


@pytest.mark.parametrize(
    ("updates", "error", "said"),
    [
        ({"publisher.adress": "127.0.0.1"}, UsageError, "no key publisher.adress"),
        ({"links.cti-c.listen": "127.0.0.1:1"}, InventoryError, "links.cti-c"),
        ({"cti.a.address": "::1"}, InventoryError, "cti.a.address: expected a literal IPv4 address"),
        (
            {"cti.b.host": "pg-a.mock.test"},
            InventoryError,
            "cti.b.host: expected another machine than cti.a",
        ),
        ({"cti": None, "cti.a.port": 1}, UsageError, "replaced as a whole"),
    ],
)
def test_filling_in_nonsense_is_refused(updates: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=r".") as caught:
        resolved(load(REPOSITORY / "inventories" / "mock.yaml"), updates)
    assert said in str(caught.value)


def test_check_applies_the_rules_to_an_inventory_made_in_code() -> None:
    mock = load(REPOSITORY / "inventories" / "mock.yaml")
    assert check(mock) is mock
    with pytest.raises(InventoryError, match=r"tls\.ca: expected a CA file"):
        check(mock.model_copy(update={"deployment": "live"}))
