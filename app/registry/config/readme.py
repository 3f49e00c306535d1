"""What to do with the files: the README that lies beside them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from app.registry.agreement import Agreement, RegistryKind
from app.registry.config.trust import Trust

_STEPS = {
    "yaml": "1. Put all files but this one into `{folder}` on the registry's machine, or mount them there.\n"
    "2. If the registry has a configuration already, take over the section with the token settings only.\n"
    "3. Restart the registry: it reads its files when it starts.",
    "env": "1. Put {keys} into `{folder}` on the registry's machine, or mount it there.\n"
    "2. Start the registry with the variables of `registry.env`, which stand over its configuration file:\n"
    "   `docker run --env-file registry.env …`, or `EnvironmentFile=` in a unit of systemd.",
    "compose": "1. Run `docker compose up --detach` in this folder.\n"
    "2. The registry answers on 127.0.0.1:5000 in plain HTTP. Put a proxy with TLS before it.",
    "kubernetes": "1. Run `kubectl apply --filename registry.yaml`.\n"
    "2. Put an Ingress or Gateway with TLS before the Service `registry`.\n"
    "3. After a change of keys apply the file anew and run `kubectl rollout restart deployment/registry`.",
}

_TEXT = """\
# {title} with the tokens of Wharfinger

Files: {names}. None of them is a secret.

{steps}

Then `wharfinger registry check URL --service {quoted}`, with the registry's
address for URL, says whether the two understand each other.

These texts must be exactly the same on both sides:

{texts}

{rotation}
"""

_SEVERAL_KEYS = """\
The keys are in {keys}. The registry reads them when it starts, so it has to be given
a new signing key before that signs: `wharfinger keys rotate` says when."""
_ONE_KEY = """\
The key is in {keys}. The registry takes one key, and reads it when it starts: a new one
needs the new file and a restart at the moment when it begins to sign. `wharfinger keys rotate`
says when, and `wharfinger registry config {quoted} --for {kind} --key announced` writes it before."""


def guide(
    kind: RegistryKind,
    form: str,
    *,
    agreement: Agreement,
    trust: Trust,
    folder: PurePosixPath,
    names: Iterable[str],
) -> str:
    """Return the text.

    Args:
        kind: Which registry.
        form: Which format the files have.
        agreement: What the registry and the realm agree on.
        trust: The keys.
        folder: Where the registry finds its files.
        names: The files beside this one.
    """
    quoted = shlex.quote(agreement.service)
    rotation = _ONE_KEY if kind is RegistryKind.ZOT else _SEVERAL_KEYS
    keys = " and ".join(f"`{name}`" for name in trust.files)
    text = _TEXT.format(
        title=kind.label,
        names=", ".join(f"`{name}`" for name in names),
        steps=_STEPS[form].format(folder=folder, keys=keys),
        texts="\n".join(f"* {name}: `{text}`" for name, text in _texts(kind, agreement)),
        rotation=rotation.format(keys=keys, quoted=quoted, kind=kind),
        quoted=quoted,
    )
    return text + "".join(f"\nNote: {note}\n" for note in trust.notes)


def _texts(kind: RegistryKind, agreement: Agreement) -> Iterator[tuple[str, str]]:
    """Yield what a kind of registry compares, or sends to clients."""
    yield "realm", agreement.realm
    yield "service", agreement.service
    if kind is not RegistryKind.ZOT:
        yield "issuer", agreement.issuer
