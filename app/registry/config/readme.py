"""What to do with the files: the README that lies beside them."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
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

* realm: `{agreement.realm}`
* service: `{agreement.service}`
* issuer: `{agreement.issuer}`

The keys are in {keys}. The registry reads them when it starts, so it has to be given
a new signing key before that signs: `wharfinger keys rotate` says when.
"""


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
    keys = " and ".join(f"`{name}`" for name in trust.files)
    text = _TEXT.format(
        title=kind.label,
        names=", ".join(f"`{name}`" for name in names),
        steps=_STEPS[form].format(folder=folder, keys=keys),
        keys=keys,
        agreement=agreement,
        quoted=shlex.quote(agreement.service),
    )
    return text + "".join(f"\nNote: {note}\n" for note in trust.notes)
