"""What the result of a bind means."""

from __future__ import annotations

import pytest

from app.directory import account_state
from app.errors import Code, DirectoryMisconfigured, DirectoryUnavailable
from app.ldap.answers import Result
from app.protocol.credentials import WRONG_CREDENTIALS

LOCKED = bytes.fromhex("3003810101")
EXPIRED = bytes.fromhex("3003810100")
MUST_CHANGE = bytes.fromhex("3003810102")
EXPIRES_IN_A_MINUTE = bytes.fromhex("3005a00380013c")
GRACE_LOGIN_AND_EXPIRED = bytes.fromhex("3008a003810102810100")


@pytest.mark.parametrize("control", [None, b"", EXPIRES_IN_A_MINUTE, b"\x30\x00"])
def test_success_without_a_policy_error_is_yes(control: bytes | None) -> None:
    """A warning in the control is none of our business."""
    assert account_state.of_bind(Result(0, "", control), tell_account_state=False) is None


@pytest.mark.parametrize(
    ("code", "control", "expected"),
    [
        (49, None, Code.WRONG_CREDENTIALS),
        (49, LOCKED, Code.ACCOUNT_LOCKED),
        (49, EXPIRED, Code.PASSWORD_EXPIRED),
        (0, MUST_CHANGE, Code.PASSWORD_MUST_CHANGE),
        (0, GRACE_LOGIN_AND_EXPIRED, Code.PASSWORD_EXPIRED),
    ],
)
def test_every_no_has_its_code(code: int, control: bytes | None, expected: Code) -> None:
    """The control counts even where the bind as such succeeded."""
    refusal = account_state.of_bind(Result(code, "", control), tell_account_state=False)
    assert refusal is not None
    assert refusal.code is expected


@pytest.mark.parametrize(("tells", "says"), [(False, WRONG_CREDENTIALS), (True, "This account is locked.")])
def test_a_lock_is_told_only_where_the_site_wants_it(tells: bool, says: str) -> None:
    """The password is not proved: by default the text is that of a wrong one."""
    refusal = account_state.of_bind(Result(49, "", LOCKED), tell_account_state=tells)
    assert refusal is not None
    assert refusal.message.startswith(says)


@pytest.mark.parametrize("code", [1, 3, 11, 51, 52])
def test_a_server_in_trouble_is_unavailable(code: int) -> None:
    """These pass: the person is told to try again."""
    with pytest.raises(DirectoryUnavailable):
        account_state.of_bind(Result(code, "busy"), tell_account_state=False)


@pytest.mark.parametrize("code", [2, 4, 8, 10, 13, 32, 34, 80, 9999])
def test_everything_else_is_for_an_administrator(code: int) -> None:
    """No result that is not known to be a no is taken for one."""
    with pytest.raises(DirectoryMisconfigured, match=f"LDAP result {code}"):
        account_state.of_bind(Result(code, ""), tell_account_state=False)


def _edirectory(text: str) -> Result:
    return Result(53, f"NDS error: {text}")


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (_edirectory("login lockout (-197)"), Code.ACCOUNT_LOCKED),
        (_edirectory("maximum logins exceeded (-217)"), Code.LOGON_RESTRICTED),
        (_edirectory("bad login time (-218)"), Code.LOGON_HOURS),
        (_edirectory("log account expired (-220)"), Code.ACCOUNT_EXPIRED),
        (_edirectory("bad password (-222)"), Code.PASSWORD_EXPIRED),
        (Result(49, "NDS error: password expired (-223)"), Code.PASSWORD_EXPIRED),
        (Result(53, "The account is locked"), Code.ACCOUNT_LOCKED),
        (Result(53, "unlocked by nobody knows whom"), Code.LOGON_RESTRICTED),
        (Result(53, ""), Code.LOGON_RESTRICTED),
        (Result(50, "access denied"), Code.LOGON_RESTRICTED),
    ],
)
def test_an_answer_about_one_person_is_a_refusal(result: Result, expected: Code) -> None:
    """It is no fault of the directory, and no wrong password; a guesser reads the common text."""
    quiet = account_state.of_bind(result, tell_account_state=False)
    told = account_state.of_bind(result, tell_account_state=True)
    assert quiet is not None
    assert told is not None
    assert quiet.code is told.code is expected
    assert quiet.message == WRONG_CREDENTIALS != told.message


def test_a_refusal_of_a_person_is_told_to_the_operator(caplog: pytest.LogCaptureFixture) -> None:
    """With what the server said: it may be a rule of the directory that should not be there."""
    refusal = account_state.of_bind(Result(53, "no binds on sunday"), tell_account_state=False)
    assert refusal is not None
    assert "LDAP result 53 (no binds on sunday)" in refusal.detail
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "no binds on sunday" in getattr(record, "detail", "")


def test_a_text_of_edirectory_counts_in_a_failed_bind_alone() -> None:
    """A success is one, whatever is said beside it."""
    assert account_state.of_bind(Result(0, "NDS error: (-197)"), tell_account_state=False) is None


def _active_directory(data: str) -> Result:
    text = f"80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {data}, v2580"
    return Result(49, text)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("530", Code.LOGON_HOURS),
        ("531", Code.LOGON_RESTRICTED),
        ("52f", Code.LOGON_RESTRICTED),
        ("532", Code.PASSWORD_EXPIRED),
        ("533", Code.ACCOUNT_DISABLED),
        ("701", Code.ACCOUNT_EXPIRED),
        ("773", Code.PASSWORD_MUST_CHANGE),
    ],
)
def test_active_directory_tells_the_state_to_whoever_gave_the_password(data: str, expected: Code) -> None:
    """These codes prove the password, so the text may help; they never count as a wrong one."""
    refusal = account_state.of_bind(_active_directory(data), tell_account_state=False)
    assert refusal is not None
    assert refusal.code is expected
    assert refusal.message != WRONG_CREDENTIALS


@pytest.mark.parametrize("data", ["52e", "525", "57", "0", "52E", "deadbeef"])
def test_every_other_code_of_active_directory_is_a_wrong_password(data: str) -> None:
    """Unknown names, wrong passwords, and codes that nobody knows."""
    refusal = account_state.of_bind(_active_directory(data), tell_account_state=True)
    assert refusal is not None
    assert (refusal.code, refusal.message) == (Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (_active_directory("775"), Code.ACCOUNT_LOCKED),
        (Result(49, "", LOCKED), Code.ACCOUNT_LOCKED),
        (Result(19, "Exceed password retry limit. Please try later."), Code.ACCOUNT_LOCKED),
        (Result(53, "Too many failed logins."), Code.ACCOUNT_LOCKED),
        (
            Result(53, "Account inactivated. Contact system administrator."),
            Code.ACCOUNT_DISABLED,
        ),
        # as 389 Directory Server sends it: the control says locked, with a length of four octets
        (
            Result(53, "Account inactivated.", b"\x30\x84\x00\x00\x00\x03\x81\x01\x01"),
            Code.ACCOUNT_DISABLED,
        ),
        (Result(53, "Account (Kerberos principal) is expired"), Code.ACCOUNT_EXPIRED),
    ],
)
def test_a_state_that_proves_no_password_is_told_on_request_only(result: Result, expected: Code) -> None:
    """The server says so of any password; whoever guesses must not learn that there is such an account."""
    quiet = account_state.of_bind(result, tell_account_state=False)
    told = account_state.of_bind(result, tell_account_state=True)
    assert quiet is not None
    assert told is not None
    assert quiet.code is told.code is expected
    assert quiet.message == WRONG_CREDENTIALS != told.message
    assert (quiet.proved, told.proved) == (False, False)


def test_a_code_of_active_directory_counts_in_a_bind_error_alone() -> None:
    """Text that somebody else could have a hand in does not make a state of a success."""
    assert (
        account_state.of_bind(Result(0, _active_directory("533").message), tell_account_state=False) is None
    )
    loose = account_state.of_bind(Result(49, "my data 533, thank you"), tell_account_state=False)
    assert loose is not None
    assert loose.code is Code.WRONG_CREDENTIALS


@pytest.mark.parametrize("code", [32, 34])
def test_a_typed_dn_may_not_exist(code: int) -> None:
    """In direct mode the DN is made of what was typed: no such entry is an unknown user."""
    refusal = account_state.of_bind(Result(code, ""), tell_account_state=False, typed=True)
    assert refusal is not None
    assert (refusal.code, refusal.message) == (Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS)


def test_an_entry_without_a_password_is_a_wrong_one() -> None:
    """Result 48: nobody can log in as that entry, and nobody is told."""
    refusal = account_state.of_bind(Result(48, ""), tell_account_state=False)
    assert refusal is not None
    assert (refusal.code, refusal.message) == (Code.WRONG_CREDENTIALS, WRONG_CREDENTIALS)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff\xff",
        b"\x30\x84\xff\xff\xff\xff",
        b"abc",
        bytes.fromhex("3003810103"),
        bytes.fromhex("3003810163"),
    ],
)
def test_nobody_logs_in_beside_a_control_that_cannot_be_read(garbage: bytes) -> None:
    """It might say that the password must be changed, which comes with a result of success."""
    with pytest.raises(DirectoryMisconfigured, match="control cannot be read"):
        account_state.of_bind(Result(0, "", garbage), tell_account_state=False)
