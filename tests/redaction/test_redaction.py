"""What was looked up is blotted out in every form; what only looks like it stays."""

import json
from pathlib import Path

import pytest

from chaos.clock import stopwatch
from chaos.inventory import Secret
from chaos.journal import ConsoleSaid, Ended, Header, Journal, load
from chaos.redaction import HIDDEN, KNOWN, Redactor, remember_environment
from chaos.report import redact_results
from tests.redaction.planted import AWKWARD, SHORT, repeated, secrets
from tests.verdicts.test_grid import header

THOUSAND = secrets()


def test_a_thousand_secrets_are_told_in_no_form() -> None:
    redactor = Redactor(THOUSAND)
    left = [
        (secret, said, form) for secret in THOUSAND for said, form in repeated(secret) if form in redactor.told(said)
    ]
    assert left == []


def test_nothing_is_blotted_out_of_a_text_without_a_secret() -> None:
    texts = (
        "fin-a.example.com tried side B once, then side A: a password of agent 1001001 was asked for",
        "basic checks; the bearer of this; https://fin-a.example.com:8445/finesse/api/User/1001001",
        "<User><loginId>1001001</loginId><password></password><state>NOT_READY</state></User>",
    )
    assert [Redactor(THOUSAND).told(text) for text in texts] == list(texts)


@pytest.mark.parametrize("secret", [*SHORT, "READY", "cisco", "fin-a", "1001001", "anna"])
def test_a_password_that_is_a_letter_or_a_name_is_a_secret_only_where_it_stands_as_one(secret: str) -> None:
    redactor = Redactor([secret], public=["fin-a.example.com", "1001001", "anna"])
    plain = f"cisco fin-a.example.com: agent 1001001 (anna) is READY: {secret} a 1 ! & xy 007 ]"
    assert redactor.told(plain) == plain
    assert redactor.told(f"password={secret}") == f"password={HIDDEN}"
    assert redactor.told(f'{{"password": "{secret}"}}') == f'{{"password": "{HIDDEN}"}}'


def test_credentials_are_blotted_out_whosever_they_are() -> None:
    redactor = Redactor()
    said = "Authorization: Bearer eyJhbGciOi.x-Y; Cookie: JSESSIONID=3F0A9B; https://u:pw@h/; Basic dTpwdw=="
    assert redactor.told(said) == (
        f"Authorization: Bearer {HIDDEN}; Cookie: JSESSIONID={HIDDEN}; https://u:{HIDDEN}@h/; Basic {HIDDEN}"
    )


def test_a_tab_or_a_line_may_stand_before_an_accounts_base64() -> None:
    assert Redactor().told("Authorization: Basic\tdTpwdw==") == f"Authorization: Basic\t{HIDDEN}"


def test_ends_of_secrets_that_stand_for_themselves_are_no_secrets() -> None:
    redactor = Redactor(["Hunter2Hunter2", "Sesame#42"])
    text = "unter2Hunter2 " * 50 + "esame#42" + "ter2Hunter" + "Sesame#4"
    for shift in range(4):
        assert redactor.told("." * shift + text) == "." * shift + text
        assert not redactor.may_tell(b"." * shift + text.encode())


def test_a_journal_with_a_thousand_secrets_tells_none_and_reads_back_as_it_was_judged(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j.jsonl", iter(range(10**7)).__next__, redactor=Redactor(THOUSAND))
    journal.record(header())
    for secret in THOUSAND:
        for said, _ in repeated(secret):
            journal.record(ConsoleSaid(host="fin-a", sent="show", received=said, sent_s=1.0))
    journal.record(Ended())
    journal.close()
    kept, read = list(journal.timeline()), list(load(tmp_path / "j.jsonl"))
    assert kept == read
    lines = (tmp_path / "j.jsonl").read_text(encoding="utf-8").splitlines()
    consoles = [seen for seen in read if isinstance(seen, ConsoleSaid)]
    planted = [(secret, form) for secret in THOUSAND for _, form in repeated(secret)]
    for (secret, form), seen in zip(planted, consoles, strict=True):
        assert form not in seen.received
        assert secret in AWKWARD or form not in lines[seen.number - 1]  # some of those are JSON of our own


def test_a_header_keeps_the_names_by_which_a_saved_run_is_found_again(tmp_path: Path) -> None:
    written = header()
    journal = Journal(
        tmp_path / "j.jsonl", iter(range(99)).__next__, redactor=Redactor([written.experiment + "x", "mock"])
    )
    journal.record(written)
    journal.close()
    assert load(tmp_path / "j.jsonl").first(Header).experiment == written.experiment


def test_whatever_is_looked_up_is_known_from_then_on_and_a_setting_is_not() -> None:
    assert Secret(env="X_PASSWORD").reveal({"X_PASSWORD": "Very-Seldom-7"}) == "Very-Seldom-7"
    assert KNOWN.told("it is Very-Seldom-7") == f"it is {HIDDEN}"
    Secret.model_validate("plain-setting-9").reveal({}, is_setting=True)
    assert KNOWN.told("plain-setting-9") == "plain-setting-9"


def test_what_the_environment_holds_under_a_secrets_name_is_one_and_the_name_of_a_file_is_none() -> None:
    remember_environment({"CI_JOB_TOKEN": "/glcbt-64_abc", "SIGN_TOKEN": __file__, "HOME": "/root/home-x"})
    assert KNOWN.told(f"/glcbt-64_abc {__file__} /root/home-x") == f"{HIDDEN} {__file__} /root/home-x"


def test_results_of_others_are_looked_through_text_by_text_and_stay_json(tmp_path: Path) -> None:
    told = {"statusDetails": {"message": 'said ","x":" and Sesame#42'}, "steps": [{"name": "Sesame#42"}], "start": 42}
    (tmp_path / "a-result.json").write_text(json.dumps(told))
    (tmp_path / "b-attachment.txt").write_bytes(b"\xff Sesame#42")
    (tmp_path / "c-attachment.json").write_text("{ torn Sesame#42")
    (tmp_path / "d-attachment.png").write_bytes(b"\x89PNG")
    redact_results(tmp_path, Redactor(['","x":"', "Sesame#42"]))
    assert json.loads((tmp_path / "a-result.json").read_text()) == {
        "statusDetails": {"message": f"said {HIDDEN} and {HIDDEN}"}, "steps": [{"name": HIDDEN}], "start": 42,
    }  # fmt: skip
    assert (tmp_path / "b-attachment.txt").read_bytes() == b"\xff " + HIDDEN.encode()
    assert "Sesame" not in (tmp_path / "c-attachment.json").read_text()
    redact_results(tmp_path / "absent", Redactor(["x"]))


@pytest.mark.parametrize(
    "secret", ["Sésame", "Ses\\", "\udcff42x", "ab\ncd", "12345", "seven77", "eight888", '","x":"']
)
@pytest.mark.parametrize("before", range(9))
def test_a_secret_is_found_wherever_it_begins(secret: str, before: int) -> None:
    redactor = Redactor([secret])
    text = "." * before + secret
    assert redactor.told(text) == "." * before + HIDDEN
    assert redactor.told(text + "." * before) == "." * before + HIDDEN + "." * before
    if "\udcff" not in secret:  # which no line of JSON can hold
        assert redactor.may_tell(json.dumps(text, ensure_ascii=False).encode())
    assert not redactor.may_tell(b"." * 50 + secret.encode("utf-8", "surrogatepass")[:3])


@pytest.mark.parametrize(
    "letters",
    ["a-", "pass ", "password", "<password ", "basic ", "://", "://:", "a:b@", '\\"', "pass=\\", "=", "Sesam", "<x:"],
)
def test_a_megabyte_that_a_hostile_peer_says_is_looked_through_in_no_time(letters: str) -> None:
    redactor = Redactor(["Sesame#42", "a", "1"])
    said = (letters * (1_000_000 // len(letters)))[:1_000_000] + " password=Sesame#42"
    with stopwatch() as elapsed_s:
        told = redactor.told(said)
        redactor.may_tell(said.encode())
    assert "Sesame#42" not in told
    assert elapsed_s() < 30  # seconds on a busy machine; one that goes by the square of it takes hours
