"""`sc.exe` and `taskkill` literally, in English and not."""

import pytest

from chaos.wire.console import windows
from chaos.wire.console.service import ServiceState, TranscriptError
from chaos.wire.console.windows import ScListing, ScService

S = ServiceState

QUERY = (
    "\r\nSERVICE_NAME: Cisco ICM acme CG1A\r\n"
    "        TYPE               : 10  WIN32_OWN_PROCESS  \r\n"
    "        STATE              : 4  RUNNING \r\n"
    "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\r\n"
    "        WIN32_EXIT_CODE    : 0  (0x0)\r\n"
    "        SERVICE_EXIT_CODE  : 0  (0x0)\r\n"
    "        CHECKPOINT         : 0x0\r\n"
    "        WAIT_HINT          : 0x0\r\n"
)
LISTING = (
    "\r\nDIENSTNAME: BFE\r\nANZEIGENAME: Basisfiltermodul\r\n"
    "        TYP                : 30  WIN32  \r\n"
    "        STATUS             : 4  WIRD AUSGEFÜHRT \r\n"
    "                                (STOPPABLE, NOT_PAUSABLE, IGNORES_SHUTDOWN)\r\n"
    "        WIN32_BEENDEN-CODE : 0  (0x0)\r\n"
    "\r\nDIENSTNAME: Cisco ICM acme Distributor\r\nANZEIGENAME: Cisco ICM acme Distributor\r\n"
    "        TYP                : 10  WIN32_OWN_PROCESS  \r\n"
    "        STATUS             : 1  BEENDET \r\n"
    "        WIN32_BEENDEN-CODE : 1077  (0x435)\r\n"
)


def test_a_query_is_read_by_its_numbers() -> None:
    assert windows.parse_blocks(QUERY) == ScListing((ScService("Cisco ICM acme CG1A", "", S.STARTED),), None)


def test_a_listing_in_german_is_read_alike() -> None:
    assert windows.parse_blocks(LISTING).services == (
        ScService("BFE", "Basisfiltermodul", S.STARTED),
        ScService("Cisco ICM acme Distributor", "Cisco ICM acme Distributor", S.STOPPED),
    )


@pytest.mark.parametrize(
    ("number", "state"),
    [(1, S.STOPPED), (2, S.STARTING), (3, S.STOPPING), (4, S.STARTED), (5, S.UNKNOWN), (7, S.UNKNOWN), (99, S.UNKNOWN)],
)
def test_the_state_is_its_number_whatever_the_word_says(number: int, state: ServiceState) -> None:
    (service,) = windows.parse_blocks(QUERY.replace(": 4  RUNNING", f": {number}  STOPPED")).services
    assert service.state is state
    assert (service.detail != "") == (state is S.UNKNOWN)


def test_a_listing_that_was_cut_says_where_to_go_on() -> None:
    cut = LISTING + "Enum: more data, need 1772 bytes start resume at index 79\r\n"
    assert windows.parse_blocks(cut).resume == 79
    assert windows.list_command(79).endswith(" ri= 79")
    assert "ri=" not in windows.list_command()


@pytest.mark.parametrize("text", ["", "garbage", "SERVICE_NAME: X\r\n        TYPE : 10 Y\r\n", "        STATE : 4 R"])
def test_half_a_block_is_no_block(text: str) -> None:
    with pytest.raises(TranscriptError, match="holds no service"):
        windows.parse_blocks(text)


@pytest.mark.parametrize(
    ("text", "status", "error"),
    [
        (QUERY, 0, None),
        (QUERY, None, None),
        (
            "[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n\r\nThe specified service does not exist.\r\n",
            36,
            1060,
        ),
        ("[SC] ControlService FAILED 1062:\r\n\r\nThe service has not been started.\r\n", 1062, 1062),
        ("[SC] StartService FAILED 1056:\r\n", 1, 1056),
        ("[SC] StartService: OpenService FEHLER 5:\r\n\r\nZugriff verweigert\r\n", 5, 5),
        ("", 32, 1056),
        ("", 38, 1062),
        ("", 1060, 1060),
        ("", 1, 1),
    ],
)
def test_the_error_number_is_found_in_the_text_or_else_in_the_status(
    text: str, status: int | None, error: int | None
) -> None:
    assert windows.error_number(text, status) == error


# --- eight languages (k6); head, name of the field, of the state, and what an error's first line says
LANGUAGES = {
    "English": ("SERVICE_NAME: {}", "STATE", "RUNNING", "[SC] ControlService FAILED 1062:"),
    "German": ("SERVICE_NAME: {}", "STATE", "WIRD AUSGEFÜHRT", "[SC] ControlService FEHLER 1062:"),
    "French": ("SERVICE_NAME: {}", "ÉTAT", "EN COURS D'EXÉCUTION", "[SC] ControlService échec(s) 1062 :"),
    "Spanish": ("NOMBRE_SERVICIO: {}", "ESTADO", "EN EJECUCIÓN", "[SC] ControlService ERROR 1062:"),
    "Italian": ("NOME_SERVIZIO: {}", "STATO", "IN ESECUZIONE", "[SC] ControlService OPERAZIONI NON RIUSCITE 1062:"),
    "Portuguese": ("NOME_DO_SERVIÇO: {}", "ESTADO", "EM EXECUÇÃO", "[SC] ControlService FALHA 1062:"),
    "Russian": ("Имя_службы: {}", "Состояние", "РАБОТАЕТ", "[SC] ControlService: ошибка: 1062:"),
    "Chinese": ("服务名称：{}", "状态", "正在运行", "[SC] ControlService 失败 1062："),
}
NARROW = ["utf-8", "utf-8-sig"]
WIDE = ["utf-16", "utf-16-le", "utf-16-be"]


@pytest.mark.parametrize("encoding", NARROW + WIDE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_states_and_errors_are_read_in_eight_languages_and_in_utf_16(language: str, encoding: str) -> None:
    head, state, word, refusal = LANGUAGES[language]
    colon = "：" if "：" in head else ":"
    block = (
        f"\r\n{head.format('Cisco ICM acme CG1A')}\r\n"
        f"        TYPE               {colon} 10  WIN32_OWN_PROCESS  \r\n"
        f"        {state:19}{colon} 4  {word} \r\n"
        "                                (STOPPABLE, NOT_PAUSABLE, ACCEPTS_SHUTDOWN)\r\n"
        f"        WIN32_EXIT_CODE    {colon} 0  (0x0)\r\n"
    )
    text = windows.decoded(block.encode(encoding))
    assert windows.error_number(text, 0) is None
    assert windows.parse_blocks(text).services == (ScService("Cisco ICM acme CG1A", "", S.STARTED),)
    said = windows.decoded(f"{refusal}\r\n\r\n(…)\r\n".encode(encoding))
    assert windows.error_number(said, 1) == 1062


@pytest.mark.parametrize("code_page", ["cp850", "cp1252", "cp866", "cp932", "cp936"])
def test_of_another_code_page_the_numbers_are_read(code_page: str) -> None:
    word = {"cp866": "РАБОТАЕТ", "cp932": "実行中", "cp936": "正在运行"}.get(code_page, "AUSGEFÜHRT")
    text = windows.decoded(QUERY.replace("RUNNING", word).encode(code_page))
    assert windows.parse_blocks(text).services[0].state is S.STARTED


def test_what_powershell_says_of_its_own_progress_is_not_read() -> None:
    said = b'#< CLIXML\r\n<Objs Version="1.1.0.1"><Obj S="progress"><I32>7</I32></Obj></Objs>\r\n' + QUERY.encode()
    assert windows.decoded(said) == QUERY.lstrip()


@pytest.mark.parametrize(
    "more",
    [
        "Enum: more data, need 1772 bytes start resume at index 79",
        "Enum: mehr Daten, 1772 Bytes erforderlich, Fortsetzung bei Index 79",
        "Enum : données supplémentaires, 1772 octets nécessaires, reprise à l'index 79.",
    ],
)
def test_a_listing_that_was_cut_says_so_in_any_language(more: str) -> None:
    assert windows.parse_blocks(f"{LISTING}{more}\r\n").resume == 79
    assert windows.parse_blocks(LISTING.replace("Basisfiltermodul", "SQL Server (2019 CU 15)")).resume is None


# --- dependents (k3)

DEPENDENTS = (
    "[SC] EnumDependentServices: entriesread = 1\r\n\r\nSERVICE_NAME: SQLSERVERAGENT\r\n"
    "DISPLAY_NAME: SQL Server Agent (MSSQLSERVER)\r\n        TYPE               : 10  WIN32_OWN_PROCESS  \r\n"
    "        STATE              : 4  RUNNING \r\n        WIN32_EXIT_CODE    : 0  (0x0)\r\n"
)


def test_dependents_are_read_and_written_as_sc_does() -> None:
    agent = ScService("SQLSERVERAGENT", "SQL Server Agent (MSSQLSERVER)", S.STARTED)
    assert windows.parse_dependents(DEPENDENTS) == (agent,)
    assert windows.error_number(DEPENDENTS, 0) is None
    assert windows.parse_dependents("[SC] EnumDependentServices: entriesread = 0\r\n") == ()
    assert windows.parse_dependents("\r\n".join(windows.format_dependents([agent, agent]))) == (agent, agent)
    assert windows.parse_dependents("\r\n".join(windows.format_dependents([]))) == ()
    assert windows.dependents_command("MSSQLSERVER") == 'sc.exe enumdepend "MSSQLSERVER" 65536'


@pytest.mark.parametrize("text", ["", "nonsense", "[SC] EnumDependentServices: more data, need 5184 bytes\r\n"])
def test_no_dependents_is_something_that_has_to_be_said(text: str) -> None:
    with pytest.raises(TranscriptError, match="neither services nor none"):
        windows.parse_dependents(text)


def test_a_command_quotes_the_name_for_both_shells() -> None:
    assert windows.service_command("stop", "Cisco ICM acme CG1A") == 'sc.exe stop "Cisco ICM acme CG1A"'


@pytest.mark.parametrize("name", ['a"b', "%PATH%", "a&b", "$(x)", "a`b", "", "a\nb", "a|b"])
def test_a_name_that_a_shell_would_read_is_refused(name: str) -> None:
    with pytest.raises(TranscriptError, match="cannot be quoted"):
        windows.service_command("stop", name)


@pytest.mark.parametrize("state", [S.STOPPED, S.STARTING, S.STARTED, S.STOPPING])
def test_what_is_written_is_read_back(state: ServiceState) -> None:
    service = ScService("Cisco ICM acme CG1A", "CTI server", state)
    text = "\r\n".join([*windows.format_listing([service]), *windows.format_block(service, pid=4711)])
    assert windows.parse_blocks(text).services == (service, service)


def test_an_error_is_written_as_sc_does() -> None:
    assert windows.format_error("ControlService", 1062) == [
        "[SC] ControlService FAILED 1062:",
        "",
        "The service has not been started.",
        "",
    ]


def test_a_running_service_is_written_as_sc_does() -> None:
    written = windows.format_block(ScService("Cisco ICM acme CG1A", "", S.STARTED))
    assert "\r\n".join(written) + "\r\n" == QUERY


# --- taskkill

K = windows.KillOutcome
KILLED = 'SUCCESS: The process "ctisvr.exe" with PID 1234 has been terminated.\r\n'
DENIED = 'ERROR: The process "ctisvr.exe" with PID 1234 could not be terminated.\r\nReason: Access is denied.\r\n'


@pytest.mark.parametrize(
    ("text", "status", "outcome", "pids"),
    [
        (KILLED, 0, K.TERMINATED, (1234,)),
        (KILLED, None, K.TERMINATED, (1234,)),
        (KILLED + KILLED.replace("1234", "88"), 0, K.TERMINATED, (1234, 88)),
        ('ERFOLGREICH: Der Prozess "CTISVR.EXE" mit PID 1234 wurde beendet.\r\n', 0, K.TERMINATED, (1234,)),
        ('ERROR: The process "ctisvr.exe" not found.\r\n', 128, K.NOT_FOUND, ()),
        ('ERROR: The process "ctisvr.exe" not found.\r\n', None, K.NOT_FOUND, ()),
        ('ERROR: The process "ctisvr.exe" not found.\r\n', 1, K.NOT_FOUND, ()),
        (DENIED, 1, K.REFUSED, (1234,)),
        (DENIED, None, K.REFUSED, (1234,)),
        (KILLED + DENIED, 1, K.REFUSED, (1234, 1234)),
        (KILLED, 1, K.REFUSED, (1234,)),
        ("", 0, K.REFUSED, ()),
        ("'taskkill' is not recognized as an internal or external command,\r\n", 1, K.REFUSED, ()),
        ('SUCCESS: The process "other7.exe" with PID 1234 has been terminated.\r\n', 0, K.REFUSED, ()),
    ],
)
def test_what_became_of_a_process_is_read_from_names_and_numbers_in_any_language(
    text: str, status: int | None, outcome: windows.KillOutcome, pids: tuple[int, ...]
) -> None:
    assert windows.parse_kill("ctisvr.exe", text, status) == windows.KillAnswer(outcome, pids)


def test_a_digit_in_the_name_is_no_process_number() -> None:
    assert windows.parse_kill("cms2.exe", 'ERROR: The process "cms2.exe" not found.\r\n').outcome is K.NOT_FOUND


@pytest.mark.parametrize(
    ("outcome", "text"),
    [(K.TERMINATED, KILLED), (K.NOT_FOUND, 'ERROR: The process "ctisvr.exe" not found.\r\n'), (K.REFUSED, DENIED)],
)
def test_an_answer_is_written_as_taskkill_does(outcome: windows.KillOutcome, text: str) -> None:
    assert "".join(f"{line}\r\n" for line in windows.format_kill("ctisvr.exe", outcome, 1234)) == text


def test_only_one_program_is_ever_ended() -> None:
    assert windows.kill_command("ctisvr.exe") == 'taskkill /F /IM "ctisvr.exe"'
    for image in ("*", "cti*", "c?isvr.exe", 'a"b', "a&b", "", "%PATH%"):
        with pytest.raises(TranscriptError, match="not the plain name"):
            windows.kill_command(image)


LONG = "9" * 4400


def test_a_number_that_is_too_long_to_be_one_is_no_crash_and_no_other_field() -> None:
    """Python reads none of more than 4,300 digits."""
    with pytest.raises(TranscriptError):
        windows.parse_dependents(f"[SC] more {LONG}\r\n")
    assert windows.error_number(f"[SC] ControlService FAILED {LONG}:\r\n") == int(LONG[:11])
    assert windows.parse_blocks(QUERY.replace(": 10", f": {LONG}")) == windows.parse_blocks(QUERY)
    assert windows.parse_blocks(f"{QUERY}Enum: more data, need {LONG} bytes start resume at index {LONG}\r\n").resume
    (odd,) = windows.parse_blocks(QUERY.replace(": 4", f": {LONG}")).services
    assert odd.state is S.UNKNOWN
    killed = windows.parse_kill("a.exe", f'SUCCESS: The process "a.exe" with PID {LONG} has been terminated.\r\n', 0)
    assert killed.outcome is windows.KillOutcome.TERMINATED
    assert len(windows.parse_tasks("a.exe", f'"a.exe","{LONG}","Services","0","1 K"\r\n', 0)) == 1
