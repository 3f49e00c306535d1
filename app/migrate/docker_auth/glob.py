"""Shell patterns as docker_auth reads them: Go's path.Match, in which `**` is no more than `*`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.errors import UnfitError
from app.migrate.docker_auth.pattern import AclPiece, AclPieceKind, joined


def pieces(text: str, variables: Mapping[str, str]) -> tuple[AclPiece, ...]:
    """Take a pattern apart.

    Args:
        text: The pattern.
        variables: What stands for a variable, such as `${account}`, by how it is written there.

    Raises:
        UnfitError: It has a part that rules cannot say.
    """
    return joined(_pieces(text, variables))


def _pieces(text: str, variables: Mapping[str, str]) -> Iterator[AclPiece]:
    at = 0
    while at < len(text):
        variable = variable_at(text, at, variables)
        if variable is not None:
            yield AclPiece(AclPieceKind.VARIABLE, variables[variable])
            at += len(variable)
            continue
        sign = text[at]
        if sign == "[":
            raise UnfitError("a class of characters ([…]) cannot be said in rules", "write the names out")
        if sign == "\\":
            at += 1
            if at == len(text):
                raise UnfitError("a backslash ends the pattern, so it matches nothing", "take the entry out")
            yield AclPiece(AclPieceKind.TEXT, text[at])
        else:
            yield {"*": AclPiece(AclPieceKind.RUN), "?": AclPiece(AclPieceKind.ONE)}.get(
                sign, AclPiece(AclPieceKind.TEXT, sign)
            )
        at += 1


def variable_at(text: str, at: int, variables: Mapping[str, str]) -> str | None:
    """Return the variable that is written at a place; None where none is.

    Raises:
        UnfitError: One is that rules do not have.
    """
    if not text.startswith("${", at):
        return None
    written = text[at : text.find("}", at) + 1]
    if written in variables:
        return written
    raise UnfitError(
        f"{written or '${'} cannot be said in rules", "only ${account} and the groups' label can"
    )
