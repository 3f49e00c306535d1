"""One question, asked in every way in which it can be: each way gives the same answer.

The engine, the tests in the file, the server and `rules explain` are asked about random rules, subjects and
requests, and held to a reference that was written from the language's description alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import dn
from app.bootstrap import Parts
from app.cli.rules.explain import explain
from app.directory.names import TypedName
from app.directory.subject import DirectorySubject, Group
from app.errors import ConfigurationError
from app.keys.keyring import KeyRing
from app.protocol import scope
from app.protocol.secret import Secret
from app.rules.conditions import Context
from app.rules.decide import decide
from app.rules.file import load
from app.rules.file.paths import FileText
from app.rules.model import RuleSet
from app.rules.persona import NamedGroup, Persona
from app.serving.settings import ServerSettings
from app.tokens.realm import Realm
from app.web.application import create
from tests.spec import rules as reference
from tests.spec.rules import Request, Somebody
from tests.support.directory import FakeDirectory
from tests.support.parts import NO_AUDIT, NOW, Collector, Holder, make_issuer, make_realm
from tests.support.server import SERVICE

_SECRET = "of-the-robot"
_VARIABLES = reference._VARIABLE
_few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
_many = settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))

_WORDS = st.lists(st.sampled_from(["pull", "push", "delete", "*"]), min_size=1, max_size=2, unique=True)
_NAMES = ["alice", "Alice", "web", "team-web", "zoë", "a--b", "x.y"]
_GROUP_NAMES = ["web", "team-web", "Team-Web-ops", "ops", "alice", "a b", "data_1", "team-", "tëam", "x-y-z"]
_DNS = [f"cn={name},ou={unit},dc=x" for name in _GROUP_NAMES for unit in ("g", "h")] + ["cn=web+ou=g,dc=x"]
_NAME_PATTERNS = st.sampled_from(
    [*_GROUP_NAMES, "team-{t}", "{t}", "{t}-{u}", "*", "*-{t}", "{t}-*", "????", "{username}", "T?am-{t}",
     "{t}-{username}", "*{t}", "w*", "{t}s", "TEAM-*"]
)  # fmt: skip
_DN_PATTERNS = st.sampled_from(
    [*_DNS, "cn={t},ou=g,dc=x", "CN={t}, OU={u}, DC=X", "cn=web,ou={u},dc=x", "cn={username},ou=g,dc=x",
     "ou={t}+cn=web,dc=x", "cn={t},dc=x"]
)  # fmt: skip
_USER_PATTERNS = st.sampled_from([*_NAMES, "al*", "{t}", "?eb", "{username}", "{t}-{u}", "*e"])
_ROBOT_PATTERNS = st.sampled_from(["ci", "CI-web", "ci-{t}", "*", "{t}"])
_REPOSITORY_PATTERNS = st.sampled_from(
    ["**", "*", "*/**", "**/app", "web/**", "web/*", "web/app", "{t}/**", "{t}/app", "{t}-{u}/**", "x/{t}/**",
     "{username}/**", "*/{t}", "w?b/**", "web/**/x", "{t}/{u}", "w*b/a*", "{u}*/**", "web", "{t}x/**",
     "{t}?/app"]
)  # fmt: skip
_REPOSITORIES = st.sampled_from(
    ["web", "web/app", "web/app/x", "ops/app", "alice/app", "x/web/app", "team-web/app", "x-y/z", "wab/app",
     "webs/app", "data_1/app", "web/a/b/x", "a--b/app", "web-ops/app", "x.y/app", "localhost:5000/app"]
)  # fmt: skip
_ATTRIBUTES = st.dictionaries(
    st.sampled_from(["l", "employeeType"]),
    st.lists(st.sampled_from(["Berlin", "köln", "permanent"]), min_size=1, max_size=2, unique=True),
    min_size=1,
)
_NOON = "2026-06-01T12:00:00Z"
_FROM = ["2026-06-01", "2026-06-02", _NOON, "2026-06-01T14:00:01+02:00"]
_UNTIL = ["2026-06-01", "2026-05-31", _NOON, "2026-06-01T12:00:01Z"]
_HOURS = [
    "Mon-Fri 08:00-18:00 Europe/Berlin", "Mon 13:00-14:00 Europe/Berlin", "Mon 14:00-15:00 Europe/Berlin",
    "Sun 22:00-12:30 UTC", "Tue, Thu 08:00-24:00 UTC", "22:00-06:00 Asia/Tokyo",
    "Sat-Mon 06:00-07:00, 08:00-09:00 America/New_York",
]  # fmt: skip
_WHEN = st.sampled_from([{"from": text} for text in _FROM] + [{"until": text} for text in _UNTIL]) | (
    st.fixed_dictionaries(
        {},
        optional={
            "services": st.sampled_from([[SERVICE], ["other"], ["other", SERVICE]]),
            "networks": st.sampled_from([["192.0.2.0/24"], ["10.0.0.0/8", "2001:db8::/32"], ["192.0.2.7"]]),
            "attributes": _ATTRIBUTES,
            "hours": st.sampled_from(_HOURS),
        },
    )
)


_CAPTURELESS = st.sampled_from([*_GROUP_NAMES, *_DNS, "*", "*-*", "????", "team-*"])
_EXCEPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "groups": st.lists(_CAPTURELESS, min_size=1, max_size=2),
        "users": st.lists(st.sampled_from([*_NAMES, "al*", "?eb"]), min_size=1, max_size=2),
        "robots": st.lists(st.sampled_from(["ci", "CI-*"]), min_size=1, max_size=1),
    },
).filter(bool)


@st.composite
def _rules(draw: st.DrawFn) -> dict[str, Any]:
    """Make a rule that loads: no variable that nothing binds, no date that ends before it begins."""
    rule: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "groups": st.lists(_NAME_PATTERNS | _DN_PATTERNS, min_size=1, max_size=3),
                "all_groups": st.lists(_NAME_PATTERNS | _DN_PATTERNS, min_size=1, max_size=3),
                "users": st.lists(_USER_PATTERNS, min_size=1, max_size=2),
                "robots": st.lists(_ROBOT_PATTERNS, min_size=1, max_size=2),
                "authenticated": st.just(value=True),
                "everyone": st.just(value=True),
            },
        ).filter(bool)
    )
    who = [pattern for key in ("groups", "all_groups", "users", "robots") for pattern in rule.get(key, ())]
    bound = {"username", *_VARIABLES.findall(" ".join(who))}
    about = _REPOSITORY_PATTERNS.filter(lambda pattern: bound.issuperset(_VARIABLES.findall(pattern)))
    if draw(st.integers(0, 5)) == 0:
        rule |= {"catalog": True, draw(st.sampled_from(["allow", "deny"])): ["*"]}
    else:
        rule["repositories"] = draw(st.lists(about, min_size=1, max_size=3))
        rule[draw(st.sampled_from(["allow", "deny"]))] = draw(_WORDS)
    if "allow" in rule and "everyone" not in rule and draw(st.integers(0, 2)) == 0:
        rule["except"] = draw(_EXCEPTIONS)
    when = draw(_WHEN) if draw(st.integers(0, 4)) == 0 else {}
    return rule | ({"when": when} if when else {})


@dataclass(frozen=True, slots=True)
class Question:
    """A file of rules, somebody, and what they ask."""

    rules: tuple[dict[str, Any], ...]
    somebody: Somebody
    resource: str
    actions: frozenset[str]
    service: str
    address: str

    @property
    def file(self) -> dict[str, Any]:
        """The file, without tests."""
        robot = {
            "name": self.somebody.name.removeprefix("robot$") if self.somebody.is_robot else "ci",
            "secrets": [f"sha256:{hashlib.sha256(_SECRET.encode()).hexdigest()}"],
            "groups": list(self.somebody.groups if self.somebody.is_robot else ()),
        }
        rules = [{"id": f"r{number}", **rule} for number, rule in enumerate(self.rules)]
        return {"version": 1, "rules": rules, "robots": [robot]}

    def request(self, actions: frozenset[str]) -> Request:
        return Request(self.resource, actions, self.service, self.address, NOW)

    @property
    def scope(self) -> str:
        kind = "registry" if self.resource == "catalog" else "repository"
        return f"{kind}:{self.resource}:{','.join(sorted(self.actions))}"


@st.composite
def _questions(draw: st.DrawFn) -> Question:
    groups = draw(st.lists(st.sampled_from(_DNS), max_size=4, unique_by=lambda text: text.partition(",")[0]))
    attributes = draw(st.dictionaries(st.sampled_from(["l", "employeetype"]), st.just(["BERLIN", "Köln"])))
    somebody = draw(
        st.just(Somebody())
        | st.sampled_from(_NAMES).map(lambda name: Somebody(name.lower(), tuple(groups), attributes))
        | st.sampled_from(["ci", "ci-web"]).map(lambda name: Somebody(f"robot${name}", tuple(groups)))
    )
    resource = draw(_REPOSITORIES | st.just("catalog"))
    actions = ["*"] if resource == "catalog" else draw(_WORDS)
    return Question(
        rules=tuple(draw(st.lists(_rules(), min_size=1, max_size=9))),
        somebody=somebody,
        resource=resource,
        actions=frozenset(actions),
        service=SERVICE,
        address=draw(st.sampled_from(["192.0.2.7", "10.9.9.9", "2001:db8::7"])),
    )


def _text(file: dict[str, Any]) -> str:
    return json.dumps(file, ensure_ascii=False)


def _load(file: dict[str, Any]) -> RuleSet | None:
    """Compile and test a file; None where its own tests fail."""
    written = load.compiled([FileText("rules.yaml", _text(file))])
    try:
        return written.tested(NOW)
    except ConfigurationError:
        return None


def _everything(question: Question) -> frozenset[str]:
    return frozenset({"*"}) if question.resource == "catalog" else reference.ACTIONS


def _as(somebody: Somebody) -> dict[str, Any]:
    if not somebody.name:
        return {"anonymous": True}
    if somebody.is_robot:
        return {"robot": somebody.name.removeprefix("robot$")}
    return {"user": somebody.name, "groups": list(somebody.groups), "attributes": dict(somebody.attributes)}


def _by_engine(rules: RuleSet, question: Question) -> frozenset[str]:
    somebody = question.somebody
    groups = tuple(map(NamedGroup.parse, somebody.groups))
    persona = Persona(somebody.name, groups, is_robot=somebody.is_robot, attributes=somebody.attributes)
    scopes, _ = scope.parse_all([question.scope])
    context = Context(question.service, question.address, NOW)
    access = decide(rules, persona if somebody.name else None, scopes, context).access
    return frozenset(action for each in access for action in each.actions)


def _test_holds(question: Question, expected: frozenset[str]) -> bool:
    test = {
        "id": "t",
        "as": _as(question.somebody),
        "expect": {question.resource: sorted(expected)},
        "from": question.address,
        "at": NOW.isoformat(),
        "service": question.service,
    }
    return _load(question.file | {"tests": [test]}) is not None


@dataclass(slots=True)
class _Anybody(FakeDirectory):
    """A directory in which there is one person, who may be anybody."""

    somebody: Somebody = field(default_factory=Somebody)

    def authenticate(self, name: TypedName, password: Secret) -> DirectorySubject:
        groups = (dn.parse(text) for text in self.somebody.groups)
        return DirectorySubject(
            self.somebody.name,
            "id",
            "cn=somebody",
            tuple(Group(name.rdns[0][0][1], name) for name in groups),
            self.somebody.attributes,
        )


@dataclass(frozen=True, slots=True)
class _Server:
    """The web application, whose rules and directory are changed between two requests."""

    client: FlaskClient
    rules: Holder[RuleSet]
    directory: _Anybody
    ring: KeyRing

    def answer(self, rules: RuleSet, question: Question) -> frozenset[str]:
        somebody = question.somebody
        self.rules.current, self.directory.somebody = rules, somebody
        login = base64.b64encode(f"{somebody.name}:{_SECRET}".encode()).decode()
        response = self.client.get(
            "/token",
            query_string={"service": question.service, "scope": question.scope},
            headers={"Authorization": f"Basic {login}"} if somebody.name else {},
            environ_overrides={"REMOTE_ADDR": question.address},
        )
        assert response.status_code == 200, response.text
        claims = jwt.decode(
            response.get_json()["token"],
            self.ring.active.public_key,
            ["ES256"],
            audience=question.service,
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False},
        )
        return frozenset(action for each in claims["access"] for action in each["actions"])


@pytest.fixture(scope="module")
def server(ring: KeyRing) -> _Server:
    """Return the application; everybody may log in."""
    directory = _Anybody()
    holder: Holder[RuleSet] = Holder(RuleSet("", ()))
    realm: Realm = replace(make_realm(ring, directory), rules=holder)
    issuer = make_issuer(realm, Collector())
    parts = Parts(ServerSettings(), 64 * 1024, "demo", {"demo": issuer}, {}, NO_AUDIT)
    return _Server(create(parts).test_client(), holder, directory, ring)


def _by_explain(folder: Path, question: Question) -> frozenset[str]:
    path = folder / "rules.yaml"
    path.write_text(_text(question.file), encoding="utf-8")
    somebody = question.somebody
    catalog = question.resource == "catalog"
    argv = [somebody.name or "anonymous", "registry:catalog" if catalog else question.resource]
    argv += [",".join(sorted(question.actions)), "--rules", str(path), "--format", "json"]
    argv += ["--service", question.service, "--from", question.address, "--at", NOW.isoformat()]
    if somebody.name and not somebody.is_robot:
        argv += [word for group in somebody.groups for word in ("--groups", group)]
        pairs = [f"{key}={value}" for key, values in somebody.attributes.items() for value in values]
        argv += [word for pair in pairs for word in ("--attribute", pair)]
    result = CliRunner().invoke(explain, argv)
    assert result.exit_code in (0, 1), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    answer = json.loads(result.stdout)
    assert (result.exit_code == 0) == (question.actions <= set(answer["granted"]))
    return frozenset(answer["granted"])


def _check(question: Question, server: _Server, folder: Path) -> None:
    text, everything = _text(question.file), _everything(question)
    expected = reference.granted(text, question.somebody, question.request(question.actions))
    whole = reference.granted(text, question.somebody, question.request(everything))
    rules = _load(question.file)
    assert rules is not None
    assert _by_engine(rules, question) == expected
    assert server.answer(rules, question) == expected
    assert _by_explain(folder, question) == expected
    assert _test_holds(question, whole)
    assert not _test_holds(question, everything - whole)


@_few
@given(_questions())
def test_every_way_to_ask_gives_the_same_answer(
    server: _Server, tmp_path_factory: pytest.TempPathFactory, question: Question
) -> None:
    """Engine, tests in the file, server, `explain` and reference agree, action by action."""
    _check(question, server, tmp_path_factory.getbasetemp())


@pytest.mark.slow
@_many
@given(_questions())
def test_every_way_to_ask_gives_the_same_answer_to_thousands_of_questions(
    server: _Server, tmp_path_factory: pytest.TempPathFactory, question: Question
) -> None:
    """The same, at length."""
    _check(question, server, tmp_path_factory.getbasetemp())
