"""The objects of IP phone services, from literal bytes and back."""

import pytest

from chaos.wire import phone

SIGN_IN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<CiscoIPPhoneInput><Title>Cisco Finesse</Title><Prompt>Sign In</Prompt>'
    b"<URL>https://fin-a:8445/fippa/SEP1/sign-in</URL><InputItem><DisplayName>ID</DisplayName>"
    b"<QueryStringParam>id</QueryStringParam><InputFlags>A</InputFlags></InputItem><InputItem>"
    b"<DisplayName>Password</DisplayName><QueryStringParam>password</QueryStringParam><InputFlags>AP</InputFlags>"
    b"</InputItem><SoftKeyItem><Name>SignIn</Name><URL>SoftKey:Submit</URL><Position>1</Position></SoftKeyItem>"
    b"</CiscoIPPhoneInput>"
)


def test_a_form_is_read_and_written_as_it_stands_in_the_notes() -> None:
    form = phone.read(SIGN_IN)
    assert isinstance(form, phone.Input)
    assert [(item.parameter, item.is_secret) for item in form.items] == [("id", False), ("password", True)]
    assert form.keys == (phone.SoftKey("SignIn", "SoftKey:Submit", 1),)
    assert phone.write(form) == SIGN_IN
    assert phone.submission(form, {"id": "1001"}) == (form.url, {"id": "1001", "password": ""})


@pytest.mark.parametrize(
    "made",
    [
        phone.Text("Title", "Prompt", "a < b & c", (phone.SoftKey("Exit", "SoftKey:Exit", 2),)),
        phone.Menu("Reasons", "Pick", (phone.MenuItem("Lunch", "http://h/x?a=1&b=2"),)),
        phone.Directory("People", "", (phone.DirectoryEntry("Anna", "2001"),)),
        phone.Image("Logo", "", 0, 0, 4, 2, 2, "FF00"),
        phone.Execute((phone.ExecuteItem("https://h/page"), phone.ExecuteItem("Key:Services"))),
        phone.Response((phone.ResponseItem("https://h/page", 0, "Success"),)),
        phone.Failure(4),
    ],
)
def test_every_object_comes_back_as_it_was_written(made: phone.PhoneObject) -> None:
    assert phone.read(phone.write(made)) == made


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<CiscoIPPhoneText><Title>x</Title></CiscoIPPhoneText>", "has no Text"),
        (b"<CiscoIPPhoneText><text>x</text></CiscoIPPhoneText>", "no place"),
        (b"<CiscoIPPhoneText><Text>x</Text><Text>y</Text></CiscoIPPhoneText>", "twice"),
        (b"<CiscoIPPhoneText><Text>x", "."),
        (b"<CiscoIPPhoneExecute></CiscoIPPhoneExecute>", "ExecuteItem"),
        (b'<CiscoIPPhoneError Number="four"/>', "number"),
        (b"<CiscoIPPhoneExecute>" + b'<ExecuteItem URL="Key:Soft1"/>' * 4 + b"</CiscoIPPhoneExecute>", "1 to 3"),
        (b"<CiscoIPPhoneExecute>" + b'<ExecuteItem URL="http://h/"/>' * 2 + b"</CiscoIPPhoneExecute>", "1 URL"),
    ],
)
def test_what_a_phone_cannot_show_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(phone.BadPhoneObject, match=why):
        phone.read(data)


def test_what_is_no_object_of_phones_is_told_apart_from_a_broken_one() -> None:
    for data in (b"<html/>", b"<ciscoipphonetext><Text>x</Text></ciscoipphonetext>"):
        with pytest.raises(phone.UnknownPhoneObject):
            phone.read(data)


def test_an_execute_that_asks_for_too_much_is_not_written() -> None:
    with pytest.raises(ValueError, match="1 to 3"):
        phone.write(phone.Execute((phone.ExecuteItem("Key:Soft1"),) * 4))


def test_the_refresh_header_says_when_and_where_to() -> None:
    assert phone.refresh("5; url=http://h/x") == (5, "http://h/x")
    assert phone.refresh("15") == (15, None)
    for odd in ("soon", "9" * 4400):
        with pytest.raises(phone.BadPhoneObject):
            phone.refresh(odd)
