"""What the order of entries means, said without an order.

The first entry that matches a request decides it. Let A be what an entry gives. Rules that allow add up, so
what a rival gives beyond A to a request that this entry decides has to be kept back, in one of these ways:

* a rule that denies it. A deny wins over every allow, so it must be nothing that an earlier entry gives to a
  request that both match. It is about all that the entry is about, or about no more than the rival is;
* an exception in the rival's rule, for whom this entry is. This entry must be about all that the rival is
  about: then the rival decides nothing for them.

An entry for the anonymous alone becomes a rule for everyone. So it is a rival of every entry for people who
are signed in, wherever it stands, and some entry for all of them must be about all that it is about. Where no
deny can keep it back, people who are signed in have it as well: they could ask without a login.

If that holds for all pairs, then for every request, with its first entry k: what is allowed is at least A of
k; what others give beyond that is kept back by k; and nothing that others keep back takes away what k gives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.errors import UnfitError
from app.migrate.docker_auth.overlap import all_within
from app.migrate.docker_auth.part import EntryPart
from app.migrate.docker_auth.who import AccountKind, Accounts
from app.protocol.scope import Action
from app.rules.patterns.syntax import USERNAME, cut, variables

_EVERYONE = Accounts(AccountKind.EVERYONE)
_SIGNED_IN = Accounts(AccountKind.SIGNED_IN)
_ALL_SIGNED_IN = (AccountKind.SIGNED_IN, AccountKind.EVERYONE)


@dataclass(frozen=True, slots=True)
class Reach:
    """Actions, and the patterns of what they are allowed or denied on."""

    names: tuple[str, ...]
    actions: frozenset[str]


@dataclass(slots=True)
class Settled:
    """A part, and what is to be said beside what it gives.

    Attributes:
        denials: What it keeps back from others' rules.
        exceptions: For whom its rule is not.
        spills: The numbers of the entries that give people less than its rule, which is for the anonymous.
        refusal: Why its meaning cannot be kept; None where it can.
    """

    part: EntryPart
    denials: list[Reach] = field(default_factory=list)
    exceptions: list[Accounts] = field(default_factory=list)
    spills: list[int] = field(default_factory=list)
    refusal: UnfitError | None = None

    @property
    def who(self) -> Accounts:
        """Whom its rule is for, before `exceptions.users` and `.groups` are taken out."""
        if any(each.kind is AccountKind.ANONYMOUS for each in self.exceptions):
            return _SIGNED_IN
        return self.part.who


def first_within(part: EntryPart, earlier: Sequence[EntryPart]) -> EntryPart | None:
    """Return the first of some earlier parts that decides all that a part matches."""
    return next((each for each in earlier if part.within(each)), None)


def settle(parts: Sequence[EntryPart]) -> list[Settled]:
    """Say what each part has to keep back.

    Args:
        parts: All parts about the same type that are reached, in the order of their entries.
    """
    settled = [Settled(part) for part in parts]
    for at, each in enumerate(settled):
        try:
            _check_anonymous(each.part, parts)
            _keep_back(settled, at)
        except UnfitError as error:
            each.refusal = error
    return settled


def _keep_back(settled: Sequence[Settled], at: int) -> None:
    part, earlier = settled[at].part, [each.part for each in settled[:at]]
    rivals = [each for index, each in enumerate(settled) if _is_rival(each.part, part, later=index > at)]
    everything = _denied(part, rivals)
    if everything and part.who.kind is not AccountKind.ANONYMOUS:
        broad = Reach(part.names, everything)
        if _conflict(part, broad, earlier) is None:
            settled[at].denials.append(broad)
            return
    for rival in rivals:
        _keep_back_from(settled[at], rival, earlier)


def _is_rival(other: EntryPart, part: EntryPart, *, later: bool) -> bool:
    """Whether another part's rule may give more to a request that a part decides."""
    if other is part or not other.gives - part.gives:
        return False
    if other.who.kind is AccountKind.ANONYMOUS and part.who.kind is not AccountKind.ANONYMOUS:
        return replace(other, who=_EVERYONE).meets(part)
    return later and other.meets(part)


def _keep_back_from(keeper: Settled, rival: Settled, earlier: Sequence[EntryPart]) -> None:
    part, denied = keeper.part, _denied(keeper.part, [rival])
    if not denied:
        return
    if _can_except(part, rival.part):
        rival.exceptions.append(part.who)
        return
    if part.who.kind is AccountKind.ANONYMOUS:
        text = f"it keeps {_listed(denied)} from those without a login alone, which rules cannot say"
        raise UnfitError(text, "give later entries an account, /.+/ for everybody who is signed in")
    narrow = Reach(_common_names(part, rival.part), denied)
    conflict = _conflict(part, narrow, earlier)
    if conflict is None:
        keeper.denials.append(narrow)
        return
    if rival.part.who.kind is AccountKind.ANONYMOUS and part.who.kind is not AccountKind.EVERYONE:
        rival.spills.append(part.entry.number)
        return
    first, giver = conflict.entry.number, rival.part.entry.number
    raise UnfitError(
        f"it stands between entry {first}, which gives {_listed(conflict.gives & denied)}, and entry "
        f"{giver}, from which it keeps that back; a deny would keep back what entry {first} gives as well",
        f"narrow entry {giver} so that it gives no more than is meant, and take this one out",
    )


def _denied(part: EntryPart, rivals: Sequence[Settled]) -> frozenset[str]:
    denied = frozenset[str]().union(*(each.part.gives - part.gives for each in rivals))
    return denied | {str(Action.PUSH)} if Action.PULL in denied else denied  # as denying pull does


def _conflict(part: EntryPart, denial: Reach, earlier: Sequence[EntryPart]) -> EntryPart | None:
    """Return the first earlier part from which a denial would take something."""
    denying = replace(part, names=denial.names)
    return next((each for each in earlier if each.gives & denial.actions and each.meets(denying)), None)


def _can_except(part: EntryPart, rival: EntryPart) -> bool:
    """Whether a rival's rule can leave out exactly the people whom a part is for."""
    if not rival.about_within(part):
        return False
    if part.who.kind is AccountKind.ANONYMOUS:
        return rival.who.kind is AccountKind.EVERYONE
    if rival.who.kind in (AccountKind.EVERYONE, AccountKind.ANONYMOUS):
        return False
    return part.who.kind in (AccountKind.USERS, AccountKind.GROUPS) and not any(
        variables(cut(name)) for name in part.who.names
    )


def _common_names(part: EntryPart, rival: EntryPart) -> tuple[str, ...]:
    """Return patterns of no less than what both are about, and of no more than what the part is about."""
    own = all(variables(cut(name)) <= {USERNAME} for name in rival.names)
    return rival.names if own and all_within(rival.names, part.names) else part.names


def _check_anonymous(part: EntryPart, parts: Sequence[EntryPart]) -> None:
    """Refuse what would be given to people who are signed in although no entry for them says anything.

    Raises:
        UnfitError: It would.
    """
    if part.who.kind is not AccountKind.ANONYMOUS or not part.gives:
        return
    if not any(each.who.kind in _ALL_SIGNED_IN and part.about_within(each) for each in parts):
        raise UnfitError(
            "it is for those without a login alone, and rules' `everyone` is not",
            "write the entry for everyone (without account), or give the same to account /.+/ too",
        )


def _listed(actions: frozenset[str]) -> str:
    return ", ".join(sorted(actions))
