"""What is kept of an attempt once the directory has answered."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.login.attempt import Tags
from app.login.budget import FailureLimits
from app.login.failure_store import AccountRows
from app.state.rows import LoginRow, LoginState

_RENEWALS = 8
_MOST_PROOFS = 64
_NO_TAG = b""


class BindOutcome(enum.Enum):
    """What the directory answered to an attempt.

    Attributes:
        RIGHT: The password is right.
        WRONG: The password is wrong, or there is no such account.
        REFUSED: The account may not log in, whatever the password.
        LOST: The answer did not come; the directory may have counted a wrong password.
        NOT_ASKED: No bind was sent.
    """

    RIGHT = "right"
    WRONG = "wrong"
    REFUSED = "refused"
    LOST = "lost"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Reservation:
    """A place in the budgets, for one bind; to be settled.

    Attributes:
        row: The pending row.
        proof: The row that exempts the attempt; None where it fitted into the budget.
        lost: The ids of former attempts with the same password whose answers did not come. If it proves
            right, they were no failures.
    """

    row: LoginRow
    proof: LoginRow | None
    lost: tuple[int, ...] = ()

    @property
    def tags(self) -> Tags:
        """What stands for the attempt; not hashed once more."""
        return Tags(self.row.account, self.row.tag, self.row.source)


def settle(
    rows: AccountRows, reservation: Reservation, outcome: BindOutcome, limits: FailureLimits, now: float
) -> None:
    """Keep of an attempt what its outcome says."""
    row, until = reservation.row, now + limits.kept
    match outcome:
        case BindOutcome.RIGHT:
            _prove(rows, reservation, limits.known_good, now)
        case BindOutcome.WRONG:
            wrong = replace(row, state=LoginState.WRONG, at=now, until=until, holder=b"")
            _put(rows, rows.all(), row, wrong)
            if reservation.proof is not None:
                rows.remove(0, proofs_of=reservation.tags.proof)
        case BindOutcome.REFUSED:
            rows.remove(row.id, proofs_but=_NO_TAG)
        case BindOutcome.LOST if reservation.proof is None:
            rows.change(replace(row, state=LoginState.LOST, at=now, until=until, holder=b""))
        case _:
            rows.remove(row.id)


def _prove(rows: AccountRows, reservation: Reservation, lifetime: float, now: float) -> None:
    """Record that a password is right. A proof that exists is renewed only now and then."""
    row, tags, proof = reservation.row, reservation.tags, reservation.proof
    for lost in reservation.lost:
        rows.remove(lost)
    if proof is None and lifetime:
        known = rows.all()
        proof = _proof_of(known, tags)  # an attempt that was only recorded does not bring its proof
        if proof is None:
            new = replace(
                row, tag=tags.proof, state=LoginState.PROOF, at=now, until=now + lifetime, holder=b""
            )
            _become_proof(rows, known, row, new)
            return
    rows.remove(row.id, proofs_but=tags.proof)
    if proof is not None and proof.at < now - lifetime / _RENEWALS:
        rows.change(replace(proof, at=now, until=now + lifetime))


def _become_proof(rows: AccountRows, known: Sequence[LoginRow], row: LoginRow, proof: LoginRow) -> None:
    """Make the row of an attempt the proof that its password is right."""
    proofs = [each for each in known if each.state is LoginState.PROOF]
    if any(each.tag != proof.tag for each in proofs):
        rows.remove(0, proofs_but=proof.tag)
    same = sorted((each for each in proofs if each.tag == proof.tag), key=lambda each: each.at)
    for oldest in same[: max(0, len(same) - _MOST_PROOFS + 1)]:  # every login reads all of them
        rows.remove(oldest.id)
    _put(rows, known, row, proof)


def _put(rows: AccountRows, known: Sequence[LoginRow], row: LoginRow, changed: LoginRow) -> None:
    """Change a row, or add it again: it may have been swept, where the answer came after a very long time."""
    if any(each.id == row.id for each in known):
        rows.change(changed)
    else:
        rows.add(changed)


def _proof_of(rows: Sequence[LoginRow], tags: Tags) -> LoginRow | None:
    """Return the proof that the password of an attempt is right, from its source."""
    proofs = (row for row in rows if row.state is LoginState.PROOF)
    return next((row for row in proofs if (row.tag, row.source) == (tags.proof, tags.source)), None)
