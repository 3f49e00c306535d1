"""What a registry makes of the access in a token that it takes, and which rights it keeps apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from app.protocol.scope import Access, Action, ResourceType
from app.registry.agreement import Agreement, RegistryKind
from app.registry.check.challenge import Challenge
from app.registry.check.endpoint import PROBE
from app.registry.check.findings import RegistryFinding, Topic
from app.registry.check.http import Response
from app.registry.check.trials import Trial

LISTED = f"/v2/{PROBE}/tags/list"
REMOVED = f"/v2/{PROBE}/manifests/latest"
_UNAUTHORIZED = 401


def judge_access(
    show: Callable[[Trial, str], Response], taken: Trial, agreement: Agreement
) -> Iterator[RegistryFinding]:
    """Show a token that grants nothing for a repository, and one that lets pull from it.

    The latter only for our own service: nothing is granted for whatever a registry calls itself.
    """
    if show(taken, LISTED).status != _UNAUTHORIZED:
        text = "The registry lets a token in that grants nothing: it does not look at what tokens grant."
        yield RegistryFinding(Topic.ACCESS, text)
    elif taken.audience == agreement.service:
        access = (Access(ResourceType.REPOSITORY, PROBE, (str(Action.PULL),)),)
        if show(replace(taken, access=access), LISTED).status == _UNAUTHORIZED:
            text = "The registry takes a token, but not the access that stands in it."
            yield RegistryFinding(Topic.ACCESS, text)


def judge_removal(answer: Response, kind: RegistryKind | None) -> Iterator[RegistryFinding]:
    """Yield which of our rights a registry does not keep apart.

    Args:
        answer: To an unauthenticated DELETE of a manifest: its challenge names the right that is needed.
        kind: The kind of the registry.
    """
    challenge = Challenge.parse(answer.headers.get("www-authenticate", ""))
    scope = challenge.scope if challenge is not None else None
    needed = set(scope.rpartition(":")[2].split(",")) if scope else set()
    if Action.PUSH in needed and Action.DELETE not in needed:
        text = (
            "The registry asks for `push` where something is deleted: whoever may push may delete there, and "
            "our right `delete` does nothing."
        )
        advice = "zot keeps them apart since 2.1.18." if kind is RegistryKind.ZOT else ""
        yield RegistryFinding(Topic.ACCESS, text, is_warning=True, advice=advice)


def judge_sharing(kind: RegistryKind | None, services: int) -> Iterator[RegistryFinding]:
    """Yield that tokens for other registries of the realm are good at a zot too."""
    if kind is RegistryKind.ZOT and services > 1:
        text = (
            f"zot looks at neither issuer nor service, and the realm has {services} services: a token for "
            "another registry of the realm is good here too."
        )
        advice = "Give zot a realm of its own, with its own keys."
        yield RegistryFinding(Topic.ACCESS, text, is_warning=True, advice=advice)
