"""What one operation of each client costs, as counted: requests for tokens, and logins at the directory.

A client may take fewer or more requests in another version; these are Debian 12's (docker's also in newer
ones), and crane's is pinned.

The logins are counted for somebody whom the server has not seen before: one for a password, right or wrong,
however many requests there are, as both are remembered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.support.counting import Cost

_NOTHING: Final = Cost((), 0)
_FIRST: Final = Cost(("GET 200",), 1)
_NEXT: Final = Cost(("GET 200",), 0)
_REFUSED: Final = Cost(("GET 401",), 1)
_REFUSED_AGAIN: Final = Cost(("GET 401",), 0)

_DENIED: Final = Cost(("GET 403",), 1)
_DENIED_AGAIN: Final = Cost(("GET 403",), 0)

# The library under skopeo, podman and buildah. Where a service is silent, it asks once more when a registry
# does not take its token; so does crane.
_CONTAINERS_IMAGE: Final[Mapping[str, Cost]] = {
    "login": _FIRST,
    "push": _NEXT,
    "pull": _NEXT,
    "denied push": Cost(("GET 401",), 1),
    "denied pull": Cost(("GET 401",), 0),
    "wrong login": _REFUSED,
    "wrong pull": _REFUSED_AGAIN,
    "anonymous pull": _NEXT,
}

COSTS: Final[Mapping[str, Mapping[str, Cost]]] = {
    "skopeo": _CONTAINERS_IMAGE,
    "podman": _CONTAINERS_IMAGE,
    "buildah": _CONTAINERS_IMAGE,
    "docker": {
        "login": _FIRST,
        "push": _NEXT,
        "pull": _NEXT,
        "denied push": _DENIED,
        "denied pull": _DENIED_AGAIN,
        "wrong login": _REFUSED,
        "wrong pull": _REFUSED_AGAIN,
        "anonymous pull": _NEXT,
    },
    # crane stores a login without asking anybody.
    "crane": {
        "login": _NOTHING,
        "push": _FIRST,
        "pull": _NEXT,
        "denied push": _DENIED,
        "denied pull": _DENIED_AGAIN,
        "wrong pull": _REFUSED,
        "anonymous pull": _NEXT,
    },
    "oras": {**_CONTAINERS_IMAGE, "denied push": _DENIED, "denied pull": _DENIED_AGAIN},
    # regctl asks for a token for the manifest, and for another one for the blobs.
    "regctl": {
        **_CONTAINERS_IMAGE,
        "push": Cost(("GET 200", "GET 200"), 0),
        "denied push": Cost(("GET 200", "GET 200"), 1),
        "denied pull": _NEXT,
    },
    # ctr knows no login. With credentials it asks by POST, and after a 401 again by GET; without, by GET.
    # It pushes blobs side by side, and how many it has begun when the first is denied is by chance.
    "ctr": {
        "push": Cost(("POST 200",), 1),
        "pull": Cost(("POST 200", "POST 200"), 0),
        "denied push": Cost(("POST 200", "POST 200", "POST 200"), 1, least=1),
        "denied pull": Cost(("POST 200",), 0),
        "wrong pull": Cost(("GET 401", "POST 401"), 1),
        "anonymous pull": Cost(("GET 200", "GET 200"), 0),
    },
}
