"""What a server must hold for logins: the attributes that are configured, people, groups, and membership."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from app.directory import filters, schema
from app.directory.settings import DirectorySettings
from app.dn import attribute_type
from app.errors import Fault
from app.ldap import codes
from app.ldap.answers import Entry, Result
from app.ldap.codes import ResultCode
from app.ldap.filters import ANYTHING, NO_ATTRIBUTES
from app.ldap.requests import Query

SUBSCHEMA = "subschemaSubentry"
_SHOW_SCHEMA = "let the service account read the root entry and the schema that it names"
_SAMPLE = 100
"""People who are read as a sample; of so many, some are in a group."""
_ALIAS = "(objectClass=alias)"
_SHOWN = 3

Search = Callable[[Query], Result]
Check = Callable[[Search], Fault | None]
"""Returns what is suspicious; raises a DirectoryError where nobody can log in."""


def checks(settings: DirectorySettings, root: Entry | None, now: datetime) -> Iterator[tuple[str, Check]]:
    """Yield each check with its name.

    Args:
        settings: Of the directory.
        root: The root DSE; None where it cannot be read.
        now: The time (aware), for filters that have it in them.
    """
    users, groups = settings.users, settings.groups
    yield "attributes", partial(_attributes, settings, root)
    for base in users.bases:
        yield f"people under {base}", partial(_anything, Query(base, users.scope, users.filter, ()), "users")
    yield "names of people", partial(_one_name_each, settings)
    yield "aliases", partial(_aliases, settings)
    if users.disabled_filter:
        yield "disabled people", partial(_decides, settings, filters.at(users.disabled_filter, now))
    if groups.strategy != "none":
        for base in groups.bases:
            query = Query(base, groups.scope, groups.filter, ())
            yield f"groups under {base}", partial(_anything, query, "groups")
    if groups.strategy == "member_of":
        yield "membership", partial(_membership, settings)


def _attributes(settings: DirectorySettings, root: Entry | None, search: Search) -> Fault | None:
    """Whether the server knows the attributes that are configured."""
    subschema = next(iter(root.texts(SUBSCHEMA)), "") if root is not None else ""
    if not subschema:
        return Fault("not checked: no root entry says where the schema is", _SHOW_SCHEMA)
    entries = search(Query(subschema, "base", schema.SUBSCHEMA, (schema.DEFINITIONS,))).entries
    known = schema.known(text for entry in entries for text in entry.texts(schema.DEFINITIONS))
    if not known:
        return Fault("not checked: the service account cannot read the schema", _SHOW_SCHEMA)
    unknown = schema.unknown(settings, known)
    if not unknown:
        return None
    named = ", ".join(f"{attribute} ({key})" for key, attribute in unknown)
    hint = "correct the names in the configuration: a filter with such a name matches nothing"
    return Fault(f"it knows no attribute {named}", hint)


def _anything(place: Query, section: str, search: Search) -> Fault | None:
    """Whether a configured filter matches anything where it is used."""
    result = search(Query(place.base, place.scope, place.filter or ANYTHING, (NO_ATTRIBUTES,), 1))
    if result.entries:
        return None  # whatever else the server says: ApacheDS ends a search at its limit with result 80
    if result.code != ResultCode.SUCCESS:
        raise codes.error(result, f"the search under {place.base}")
    hint = f"check directory.{section}.filter and .bases, and what the service account may read"
    return Fault(f"the filter {place.filter!r} matches nothing there", hint)


def _one_name_each(settings: DirectorySettings, search: Search) -> Fault | None:
    """Whether nobody in a sample has several values of the attribute that becomes the subject."""
    users, attribute = settings.users, settings.users.subject_attribute
    found = (
        entry
        for base in users.bases
        for entry in search(Query(base, users.scope, users.filter or ANYTHING, (attribute,), _SAMPLE)).entries
    )
    several = {entry.dn: names for entry in found if len(names := entry.texts(attribute)) > 1}
    if not several:
        return None
    shown = "; ".join(f"{dn} ({', '.join(names)})" for dn, names in list(several.items())[:_SHOWN])
    text = f"{len(several)} of the people read have several values of {attribute}: {shown}"
    hint = (
        "they cannot log in, for nobody can say which name rules mean: leave one value, or choose a"
        " users.subject_attribute that has one"
    )
    return Fault(text, hint)


def _aliases(settings: DirectorySettings, search: Search) -> Fault | None:
    """Whether no base, and nothing that is taken for a person or a group, is an alias (RFC 4512 §2.6)."""
    users, groups = settings.users, settings.groups
    places = [("users", base, users.scope, users.filter) for base in users.bases]
    if groups.strategy != "none":
        places += [("groups", base, groups.scope, groups.filter) for base in groups.bases]
    for section, base, scope, configured in places:
        for query in (
            Query(base, "base", _ALIAS, (NO_ATTRIBUTES,), 1),
            Query(base, scope, filters.restricted(_ALIAS, configured), (NO_ATTRIBUTES,), 1),
        ):
            for entry in search(query).entries:
                hint = f"no search follows it: write the place of what it stands for into {section}.bases"
                return Fault(f"{entry.dn} is an alias", hint)
    return None


def _decides(settings: DirectorySettings, disabled: str, search: Search) -> Fault | None:
    """Whether the server can say of anybody that `users.disabled_filter` matches, or that it does not.

    Where it can say neither (RFC 4511 §4.5.1.7: Undefined), the filter never matches, and nobody is disabled.
    """
    users = settings.users
    either = filters.restricted(f"(|{disabled}(!{disabled}))", users.filter)
    is_anybody_there = False
    for base in users.bases:
        result = search(Query(base, users.scope, either, (NO_ATTRIBUTES,), 1))
        if result.entries:
            return None
        if result.code != ResultCode.SUCCESS:
            raise codes.error(result, f"the search with users.disabled_filter under {base}")
        everybody = Query(base, users.scope, users.filter or ANYTHING, (NO_ATTRIBUTES,), 1)
        is_anybody_there |= bool(search(everybody).entries)
    if not is_anybody_there:
        return None
    text = "the server cannot tell of anybody whether users.disabled_filter matches, so it never does"
    hint = (
        "compare otherwise: without an order for an attribute (shadowExpire in OpenLDAP) <= and >= say"
        " nothing; users.disabled_by knows some such attributes"
    )
    return Fault(text, hint)


def _membership(settings: DirectorySettings, search: Search) -> Fault | None:
    """Whether anybody has the attribute by which groups are found."""
    users, attribute = settings.users, settings.groups.member_of_attribute
    for base in users.bases:
        found = search(Query(base, users.scope, users.filter or ANYTHING, (attribute,), _SAMPLE))
        names = {key.partition(";")[0] for each in found.entries for key in each.attributes}
        if attribute_type(attribute) in names:
            return None
        present = filters.restricted(f"({attribute}=*)", users.filter)
        if search(Query(base, users.scope, present, (NO_ATTRIBUTES,), 1)).entries:
            return None
    hint = (
        "let the server maintain it (OpenLDAP: the memberof overlay), name its own attribute in"
        " groups.member_of_attribute, or choose groups.strategy: member_search"
    )
    return Fault(f"nobody has {attribute}, so nobody is in a group", hint)
