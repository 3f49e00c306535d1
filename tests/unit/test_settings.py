"""The configuration file: defaults, what stands over it, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app import settings
from app.errors import ConfigurationError, Position
from app.settings import Settings

CONFIGURATION: dict[str, Any] = {
    "default_realm": "demo",
    "realms": {
        "demo": {
            "issuer": "https://auth.example.com/auth/realms/demo",
            "services": {"registry.example.com": {}},
            "rules": "rules.yaml",
            "keys": "/srv/keys",
            "directory": {
                "servers": ["ldaps://ldap.example.com"],
                "service_account": {"dn": "cn=wharfinger,dc=example,dc=com", "password_file": "password"},
                "users": {"bases": ["ou=people,dc=example,dc=com"]},
                "groups": {"bases": ["ou=groups,dc=example,dc=com"]},
            },
        }
    },
}

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that loads the configuration, changed at a path, under environment variables."""
    monkeypatch.delenv(settings.SECRETS_VARIABLE, raising=False)

    def load(change: dict[str, object] | None = None, **environment: str) -> Settings:
        configuration = json.loads(json.dumps(CONFIGURATION))
        for path, value in (change or {}).items():
            *sections, key = path.split(".")
            section = configuration
            for name in sections:
                section = section.setdefault(name, {})
            section[key] = value
        file = tmp_path / "wharfinger.yaml"
        file.write_text(json.dumps(configuration))
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return settings.load(file)

    return load


def _texts(load: Load, *arguments: object, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load(*arguments, **environment)
    return [problem.text for problem in caught.value.problems]


def test_defaults(load: Load) -> None:
    """What the file leaves out has the documented defaults."""
    loaded = load()
    realm = loaded.realms["demo"]
    assert loaded.server.bind == "127.0.0.1:5001"
    assert loaded.limits.scopes == 100
    assert realm.lifetimes.default == timedelta(minutes=5)
    assert realm.lifetimes.push == timedelta(minutes=15)
    assert realm.lifetimes.backdate == timedelta(seconds=10)
    assert realm.services["registry.example.com"].key_id == "libtrust"
    assert not realm.services["registry.example.com"].x5c
    assert not realm.directory.allow_plaintext


def test_paths_are_relative_to_the_file(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every path is absolute after loading, seen from the file's folder wherever the process runs."""
    monkeypatch.chdir("/")
    loaded = load({"audit.to": "audit.jsonl"})
    realm = loaded.realms["demo"]
    assert realm.rules == tmp_path / "rules.yaml"
    assert realm.keys == Path("/srv/keys")
    assert realm.directory.service_account is not None
    assert realm.directory.service_account.password_file == tmp_path / "password"
    assert loaded.audit.to == tmp_path / "audit.jsonl"


def test_the_state_is_relative_to_the_file_too(load: Load, tmp_path: Path) -> None:
    """Its URL alone may stand for the section; a server's address is left as it is."""
    here = load({"state": "sqlite:///state.db"}).state
    assert here is not None
    assert here.sqlite == tmp_path / "state.db"
    away = load({"state.url": "postgresql+psycopg://w@db/w", "state.secret_file": "secret"}).state
    assert away is not None
    assert (away.sqlite, away.url, away.secret_file) == (
        None,
        "postgresql+psycopg://w@db/w",
        tmp_path / "secret",
    )


def test_the_state_comes_from_outside(load: Load) -> None:
    """By its URL, in one variable."""
    moved = load(WHARFINGER__STATE="sqlite:////srv/state.db").state
    assert moved is not None
    assert moved.sqlite == Path("/srv/state.db")


def test_the_password_of_the_state_comes_from_outside(load: Load) -> None:
    """And is not shown."""
    secret = load(
        {"state.url": "postgresql+psycopg://w@db/w", "state.secret": "0123456789abcdef" * 2},
        WHARFINGER__STATE__PASSWORD="hidden",
    ).state
    assert secret is not None
    assert secret.password is not None
    assert secret.password.get_secret_value() == "hidden"
    assert "hidden" not in repr(secret)


def test_there_need_be_no_state(load: Load) -> None:
    """Then each process counts alone."""
    assert load({"state": None}).state is None


def test_the_environment_stands_over_the_file(load: Load) -> None:
    """A variable replaces one value and leaves the others of its section."""
    loaded = load({"server.threads": 3, "server.bind": "127.0.0.1:1"}, WHARFINGER__SERVER__BIND="127.0.0.1:2")
    assert loaded.server.bind == "127.0.0.1:2"
    assert loaded.server.threads == 3


def test_a_variable_reaches_into_a_realm(load: Load) -> None:
    """Lists are written as JSON, durations and numbers as in the file."""
    loaded = load(
        WHARFINGER__REALMS__DEMO__DIRECTORY__SERVERS='["ldaps://other.example.com"]',
        WHARFINGER__REALMS__DEMO__LIFETIMES__PUSH="1h",
        WHARFINGER__SERVER__WORKERS="2",
    )
    assert loaded.realms["demo"].directory.servers == ("ldaps://other.example.com",)
    assert loaded.realms["demo"].lifetimes.push == timedelta(hours=1)
    assert loaded.server.workers == 2


def test_a_variable_names_a_realm_or_a_service_without_regard_to_case(load: Load) -> None:
    """The name of a variable has none: it means the one of the file, and makes no other beside it."""
    loaded = load(
        {"realms.demo.services": {"Registry": {}, "other": {}}},
        WHARFINGER__REALMS__DEMO__SERVICES__REGISTRY__KEY_ID="rfc7638",
    )
    services = loaded.realms["demo"].services
    assert {name: section.key_id for name, section in services.items()} == {
        "Registry": "rfc7638",
        "other": "libtrust",
    }


@pytest.mark.parametrize(
    ("variable", "name", "names"),
    [
        ("WHARFINGER__REALMS__DEMOO__KEYS", "demoo", "demo"),
        ("WHARFINGER__REALMS__DEMO__SERVICES__NOPE__X5C", "nope", "Registry, registry"),
        ("WHARFINGER__REALMS__DEMO__SERVICES__REGISTRY__X5C", "registry", "Registry, registry"),
    ],
    ids=["no realm", "no service", "one of two"],
)
def test_a_variable_invents_no_realm_and_no_service(load: Load, variable: str, name: str, names: str) -> None:
    """A name that the file does not have is a mistake; so is one that might be either of two."""
    with pytest.raises(ConfigurationError) as caught:
        load({"realms.demo.services": {"Registry": {}, "registry": {}}}, **{variable: "true"})
    found = [problem for problem in caught.value.problems if "to set anything of" in problem.text]
    assert [(problem.position.file, problem.text, problem.hint) for problem in found] == [
        (
            f"environment variable {variable}",
            f"the file has no {name!r} to set anything of",
            f"the file has: {names}",
        )
    ]


def test_a_state_of_null_is_none(load: Load) -> None:
    """Each process counts alone, whatever the file says, as `state: null` in the file has it."""
    assert load({"state": "sqlite:////srv/state.db"}, WHARFINGER__STATE="null").state is None


def test_a_secret_file_names_a_service_without_regard_to_case(load: Load, tmp_path: Path) -> None:
    """As a variable does."""
    (tmp_path / "secrets").mkdir()
    name = "WHARFINGER__REALMS__DEMO__SERVICES__REGISTRY.EXAMPLE.COM__KEY_ID"
    (tmp_path / "secrets" / name).write_text("rfc7638")
    loaded = load(WHARFINGER_SECRETS_DIR=str(tmp_path / "secrets"))
    assert [section.key_id for section in loaded.realms["demo"].services.values()] == ["rfc7638"]


def test_a_secret_file_stands_over_the_environment(load: Load, tmp_path: Path) -> None:
    """A file of the secrets folder replaces both; its last line break is no part of the value."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "WHARFINGER__SERVER__BIND").write_text("127.0.0.1:3\n")
    loaded = load(
        {"server.bind": "127.0.0.1:1"},
        WHARFINGER__SERVER__BIND="127.0.0.1:2",
        WHARFINGER_SECRETS_DIR=str(tmp_path / "secrets"),
    )
    assert loaded.server.bind == "127.0.0.1:3"


def test_an_empty_secrets_variable_is_none(
    load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable set to nothing does not mean the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "WHARFINGER__SERVER__BIND").write_text("127.0.0.1:3\n")
    assert load(WHARFINGER_SECRETS_DIR="").server.bind == "127.0.0.1:5001"


def test_a_password_is_not_shown(load: Load) -> None:
    """A password of the environment is in no representation of the settings."""
    loaded = load(
        {"realms.demo.directory.service_account": {"dn": "cn=x"}},
        WHARFINGER__REALMS__DEMO__DIRECTORY__SERVICE_ACCOUNT__PASSWORD="hunter2",
    )
    assert "hunter2" not in f"{loaded!r} {loaded} {loaded.model_dump()}"
    account = loaded.realms["demo"].directory.service_account
    assert account is not None
    password = account.password
    assert password is not None
    assert password.get_secret_value() == "hunter2"


@pytest.mark.parametrize(
    "account",
    [
        {"dn": "cn=x", "password": "hunter2", "password_file": "f"},
        {"dn": "cn=x", "password": ["hunter2"]},
        {"dn": "cn=x", "passwrd": "hunter2"},
        {"dn": "cn=x", 'password:"hunter2"': None},
        ["hunter2"],
        "hunter2",
    ],
)
def test_a_password_is_in_no_problem(load: Load, account: object) -> None:
    """However the account is spoiled, its password is neither in a problem nor in what led to the error."""
    with pytest.raises(ConfigurationError) as caught:
        load({"realms.demo.directory.service_account": account})
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("bind", ["0.0.0.0:80", "[::1]:5001", "localhost:65535", "unix:/run/w.sock"])
def test_addresses_to_listen_on(load: Load, bind: str) -> None:
    """A host and port, or a socket."""
    assert load({"server.bind": bind}).server.bind == bind


@pytest.mark.parametrize(
    "bind", ["", "5001", ":5001", "host", "host:port", "host:65536", "::1:5001", "unix:", "a b:1"]
)
def test_no_addresses_to_listen_on(load: Load, bind: str) -> None:
    """Anything else is found at load rather than by the server."""
    assert _texts(load, {"server.bind": bind}) == [f"{bind!r} is nothing to listen on"]


def test_origins_are_written_as_browsers_write_them(load: Load) -> None:
    """Else no page would ever match."""
    origins = ["HTTPS://UI.example.com:443", "http://localhost:3000"]
    server = load({"server.cors_origins": origins}).server
    assert server.cors_origins == ("https://ui.example.com", "http://localhost:3000")


@pytest.mark.parametrize(
    "origin", ["*", "null", "https://*.example.com", "https://alice:secret@ui.example.com"]
)
def test_no_origins(load: Load, origin: str) -> None:
    """Neither every page nor a pattern; and a password in it is not shown."""
    assert _texts(load, {"server.cors_origins": [origin]}) == ["that is no origin of web pages"]


@pytest.mark.parametrize(
    "issuer",
    [
        "http://127.0.0.1:5001/auth/realms/demo",
        "https://auth.example.com",
        "https://[::1]/x",
        "http://a/?b#c",
    ],
)
def test_issuers(load: Load, issuer: str) -> None:
    """An issuer is a URL, taken exactly as it is written."""
    assert load({"realms.demo.issuer": issuer}).realms["demo"].issuer == issuer


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "  ",
        "a\tb",
        "http://a\n",
        "a\u202eb",
    ],
)
def test_no_issuers(load: Load, issuer: str) -> None:
    """What nobody could read is refused."""
    assert _texts(load, {"realms.demo.issuer": issuer}) == [f"{issuer!r} cannot be an issuer"]


@pytest.mark.parametrize("issuer", ["Acme auth server", "gitlab-issuer", "auth.example.com", "http://[::1"])
def test_issuers_are_text(load: Load, issuer: str) -> None:
    """Registries compare it, and nobody reads it as an address."""
    assert load({"realms.demo.issuer": issuer}).realms["demo"].issuer == issuer


@pytest.mark.parametrize("url", ["auth.example.com", "ftp://a", "https://bob:secret@a", "https://a?b", ""])
def test_no_addresses_of_a_server(load: Load, url: str) -> None:
    """It is where clients reach the server, and is not repeated: a password may stand in it."""
    assert _texts(load, {"server.url": url}) == ["that is no address of a server"]


def test_an_issuer_with_a_password(load: Load) -> None:
    """It would stand in every token; it is refused and not shown."""
    [text] = _texts(load, {"realms.demo.issuer": "https://admin:hunter2@auth.example.com"})
    assert "hunter2" not in text


@pytest.mark.parametrize("service", ["registry.example.com:5000", "Docker Registry", "r", "ü"])
def test_services(load: Load, service: str) -> None:
    """Blanks, capitals and ports are legal in a service's name."""
    assert list(load({"realms.demo.services": {service: {}}}).realms["demo"].services) == [service]


@pytest.mark.parametrize("service", ["", " ", "a\n"])
def test_no_services(load: Load, service: str) -> None:
    """A name of nothing would match a request that names no service."""
    assert _texts(load, {"realms.demo.services": {service: {}}}) == [
        f"{service!r} cannot be a service's name"
    ]


@pytest.mark.parametrize(
    ("lifetimes", "text"),
    [
        ({"default": "59s"}, "a token lives 60s at least"),
        ({"push": "0"}, "a token lives 60s at least"),
        ({"push": "25h"}, "a token lives 24h at the most"),
        ({"default": "365d"}, "a token lives 24h at the most"),
        ({"backdate": "2h"}, "a token is backdated 1h at the most"),
        ({"default": "99999999999d"}, "the duration is too long"),
        ({"default": False}, "this is no duration"),
    ],
)
def test_lifetimes_have_bounds(load: Load, lifetimes: dict[str, object], text: str) -> None:
    """No token is too short for clients, nor so long that nothing can take it back."""
    assert _texts(load, {"realms.demo.lifetimes": lifetimes}) == [text]


def test_the_default_realm_exists(load: Load) -> None:
    """It is one of the realms; the problem stands at its value."""
    with pytest.raises(
        ConfigurationError, match=r"wharfinger\.yaml:1:19: there is no realm 'nope' \(write one of: demo\)"
    ):
        load({"default_realm": "nope"})


def test_a_default_realm_of_the_environment(load: Load) -> None:
    """A variable that is wrong is named."""
    with pytest.raises(
        ConfigurationError, match="environment variable WHARFINGER__DEFAULT_REALM: there is no realm"
    ):
        load(WHARFINGER__DEFAULT_REALM="nope")


@pytest.mark.parametrize("realm", ["nawia.pl", "DvcLAB", "corp_docker", "a b", "-a", "é", "a%2Fb", "x" * 64])
def test_names_of_realms_elsewhere(load: Load, realm: str) -> None:
    """Whatever other token servers call one can be kept."""
    section = CONFIGURATION["realms"]["demo"]
    assert realm in load({"realms": {"demo": section, realm: section}}).realms


@pytest.mark.parametrize("realm", ["", " ", "a/b", ".", "..", "a\nb", "a" * 65, "é" * 33])
def test_realm_names_fit_into_a_path(load: Load, realm: str) -> None:
    """A realm's name is part of URLs."""
    section = CONFIGURATION["realms"]["demo"]
    assert f"{realm!r} cannot be a realm's name" in _texts(
        load, {"realms": {"demo": section, realm: section}}
    )


@pytest.mark.parametrize(
    ("variable", "value", "text"),
    [
        ("WHARFINGER__SERVER__THREADS", "many", "'threads' must be a whole number"),
        ("WHARFINGER__SERVER__WORKERS", "many", "'workers' must be 'auto' or a whole number"),
        ("WHARFINGER__SERVER__THREAD", "1", "unknown key 'thread'"),
        ("WHARFINGER__SERVER", "{", "'server' must be a mapping"),
        ("WHARFINGER__REALMS", "[]", "'realms' must be a mapping"),
        ("WHARFINGER__REALMS__DEMO__DIRECTORY__SERVERS", "ldaps://a", "'servers' must be a list"),
        ("WHARFINGER__REALMS__DEMO__ISSUER", " ", "' ' cannot be an issuer"),
        ("WHARFINGER__SERVR__BIND", "x", "there is no such setting"),
        ("WHARFINGER__", "x", "there is no such setting"),
    ],
)
def test_a_wrong_variable_is_named(load: Load, variable: str, value: str, text: str) -> None:
    """A problem of the environment names its variable, never a place in the file."""
    with pytest.raises(ConfigurationError) as caught:
        load(**{variable: value})
    [problem] = caught.value.problems
    assert (problem.position, problem.text) == (Position(f"environment variable {variable}"), text)


def test_lists_of_the_environment_are_json(load: Load) -> None:
    """The hint says how to write a list in a variable."""
    with pytest.raises(ConfigurationError, match=r"'servers' must be a list \(write it as JSON\)"):
        load(WHARFINGER__REALMS__DEMO__DIRECTORY__SERVERS="ldaps://a")


def test_problems_of_file_and_environment_come_together(load: Load) -> None:
    """Everything that is wrong is said at once, wherever it is."""
    found = _texts(load, {"log.level": "loud", "server.threads": 0}, WHARFINGER__SERVR="x")
    assert sorted(found) == [
        "'level' must be 'debug', 'info', 'warning' or 'error'",
        "'threads' must be at least 1",
        "there is no such setting",
    ]


@pytest.mark.parametrize("path", ["realms.demo.rules", "realms.demo.keys"])
def test_an_empty_path(load: Load, path: str) -> None:
    """Nothing is no path; it would mean the configuration's own folder."""
    assert _texts(load, {path: ""}) == ["the path is empty"]


@pytest.mark.parametrize("text", ["- a\n", "text\n", "1\n"])
def test_a_file_of_another_shape(tmp_path: Path, text: str) -> None:
    """A file that is no mapping is told so."""
    file = tmp_path / "w.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="the file must be a mapping"):
        settings.load(file)


def test_workers_by_default_are_the_cores(load: Load) -> None:
    """`auto` is one process for each core that this process may use; a number is that number."""
    assert load().server.worker_count() >= 1
    assert load({"server.workers": 7}).server.worker_count() == 7


@pytest.mark.parametrize("mode", [660, "0660"])
def test_the_mode_of_the_socket_is_octal_with_and_without_quotes(load: Load, mode: object) -> None:
    """YAML 1.2 takes `0660` for the number 660; what `0o660` stands for is nothing that is meant."""
    assert load({"server.socket_mode": mode}).server.socket_mode == "0660"


@pytest.mark.parametrize("mode", [0o660, "0777", "rw", 7, True])
def test_other_modes_of_the_socket_are_refused(load: Load, mode: object) -> None:
    """Nobody executes a socket, and its owner can always connect."""
    (text,) = _texts(load, {"server.socket_mode": mode})
    assert "'0600', '0660' or '0666'" in text


def test_the_path_of_the_socket_is_relative_to_the_file(load: Load, tmp_path: Path) -> None:
    """As every other path is."""
    assert load({"server.bind": "unix:run/w.sock"}).server.socket == tmp_path / "run" / "w.sock"
    assert load({"server.bind": "unix:/run/w.sock"}).server.bind == "unix:/run/w.sock"
    assert load({"server.bind": "[::1]:5001"}).server.socket is None
