"""A company of 10,000 people and 1,000 groups, always the same one: LDIF, rules, and requests for tokens."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

PEOPLE: Final = 10_000
TEAMS: Final = tuple(f"team-{number:03}" for number in range(400))
PROJECTS: Final = tuple(f"project-{number:03}" for number in range(550))
OFFICES: Final = tuple(f"office-{number:02}" for number in range(50))
GROUPS: Final = TEAMS + PROJECTS + OFFICES
FEWEST_GROUPS, MOST_GROUPS = 5, 20

_GRANTS, _RELEASES, _DENIALS = 150, 30, 16


@dataclass(frozen=True, slots=True)
class Person:
    """One person; the first group is the person's team."""

    uid: str
    groups: Sequence[str]

    @property
    def dn(self) -> str:
        """The entry's name."""
        return f"uid={self.uid},ou=people,dc=example,dc=com"

    @property
    def password(self) -> str:
        """As public as the sample company's."""
        return f"{self.uid}-password"

    def line(self, path: str, service: str) -> str:
        """Return the request for a push to the person's team: a path and Basic credentials."""
        repository = f"{self.groups[0].removeprefix('team-')}/app"
        query = f"service={quote(service)}&scope={quote(f'repository:{repository}:pull,push')}"
        basic = base64.b64encode(f"{self.uid}:{self.password}".encode()).decode()
        return f"{path}?{query} {basic}\n"


def people() -> list[Person]:
    """Return everybody, each in 5 to 20 groups, a team among them."""
    dice = random.Random(10_000)  # noqa: S311 - the same company each time
    return [_make(f"person{number:05}", dice) for number in range(PEOPLE)]


def _make(uid: str, dice: random.Random) -> Person:
    team = dice.choice(TEAMS)
    others = dice.sample(GROUPS, dice.randint(FEWEST_GROUPS, MOST_GROUPS - 1))
    return Person(uid, (team, *(name for name in others if name != team)))


def write_ldif(everybody: Sequence[Person], folder: Path) -> None:
    """Write `people.ldif` and `groups.ldif`."""
    # the script joins the files, so each begins with an empty line
    (folder / "people.ldif").write_text("".join(["\n", *map(_person, everybody)]))
    members: dict[str, list[str]] = {name: [] for name in GROUPS}
    for person in everybody:
        for name in person.groups:
            members[name].append(person.dn)
    (folder / "groups.ldif").write_text("".join(["\n", *(_group(*item) for item in members.items())]))


def _person(person: Person) -> str:
    uid = person.uid
    return f"""\
dn: {person.dn}
objectClass: inetOrgPerson
objectClass: posixAccount
uid: {uid}
cn: {uid}
sn: {uid}
mail: {uid}@example.com
uidNumber: 1{uid.removeprefix("person")}
gidNumber: 10000
homeDirectory: /home/{uid}
userPassword: {_hash(person.password, uid)}

"""


def _hash(password: str, salt: str) -> str:
    """Hash cheaply: what a hash costs is the directory's business, and not what is measured."""
    digest = hashlib.sha1(f"{password}{salt}".encode(), usedforsecurity=False).digest()
    return "{SSHA}" + base64.b64encode(digest + salt.encode()).decode()


def _group(name: str, members: Sequence[str]) -> str:
    listed = "".join(f"member: {dn}\n" for dn in members)
    return f"dn: cn={name},ou=groups,dc=example,dc=com\nobjectClass: groupOfNames\ncn: {name}\n{listed}\n"


def rules() -> dict[str, Any]:
    """Return 200 rules: a few for everybody, by capture, and many for some groups, by name and by DN."""
    return {"version": 1, "rules": [*_common(), *_shared(), *_releases(), *_denials()]}


def _common() -> Iterator[dict[str, Any]]:
    yield {"id": "base-images", "everyone": True, "repositories": ["base/**"], "allow": ["pull"]}
    yield {
        "id": "teams",
        "groups": ["team-{team}"],
        "repositories": ["{team}/**"],
        "allow": ["pull", "push"],
    }
    yield {
        "id": "projects",
        "groups": ["project-{name}"],
        "repositories": ["projects/{name}/**"],
        "allow": ["pull"],
    }
    yield {
        "id": "own-sandbox",
        "authenticated": True,
        "repositories": ["sandbox/{username}/**"],
        "allow": ["pull", "push", "delete"],
    }


def _shared() -> Iterator[dict[str, Any]]:
    for number in range(_GRANTS):
        yield {
            "id": f"shared-{number}",
            "groups": [TEAMS[number * 2], PROJECTS[number * 3]],
            "repositories": [f"shared/{number}/**", f"{number:03}/tools/*"],
            "allow": ["pull", "push"],
        }


def _releases() -> Iterator[dict[str, Any]]:
    for number in range(_RELEASES):
        yield {
            "id": f"release-{number}",
            "groups": [f"cn={TEAMS[number]},ou=groups,dc=example,dc=com"],
            "repositories": [f"{number:03}/release/**"],
            "allow": ["push", "delete"],
        }


def _denials() -> Iterator[dict[str, Any]]:
    for number in range(_DENIALS):
        yield {
            "id": f"keep-out-{number}",
            "groups": [OFFICES[number]],
            "repositories": ["release/**", "*/release/**"],
            "deny": ["push", "delete"],
        }
