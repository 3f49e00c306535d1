"""Registries that are started with what `wharfinger registry config` wrote, as it stands.

Only what a test must choose stands over it, as variables of the environment: the port and the storage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from app.cli.main import main
from tests.support.ports import free_port
from tests.support.processes import Program, answers
from tests.support.registry import Kind
from tests.support.server import SERVICE, Server

# What the official images have of a configuration, and variables stand over.
_OF_THE_IMAGE = "version: 0.1\nstorage: {filesystem: {rootdirectory: /nowhere}}\nhttp: {addr: ':5000'}\n"


def wharfinger(config: Path, *words: str | Path, stdin: str = "") -> Result:
    """Run one of the commands on a configuration, within this process: it is quicker."""
    return CliRunner().invoke(main, [*map(str, words), "--config", str(config)], input=stdin)


def written(server: Server, folder: Path, kind: str, form: str, *words: str | Path) -> Path:
    """Return a folder with what the command writes for a registry that has its files there."""
    asked = ("registry", "config", SERVICE, "--for", kind, "--format", form, "--out", folder, *words)
    done = wharfinger(server.config, *asked)
    assert done.exit_code == 0, done.output
    return folder


@dataclass(frozen=True, slots=True)
class Started:
    """How a registry was started.

    Attributes:
        host: How clients call it.
        program: The running program.
    """

    host: str
    program: Program


def started(kind: Kind, folder: Path, form: str) -> Started:
    """Say how a registry is started with the files of a folder.

    Args:
        kind: Which one.
        folder: With what the command wrote, and all that it names.
        form: What it was asked for.
    """
    variables: Mapping[str, str] = {}
    config = folder / "config.yml"
    if form == "env":
        config = folder / "image.yml"
        config.write_text(_OF_THE_IMAGE)
        variables = _variables(folder / "registry.env")
    elif form == "kubernetes":
        config = mounted(folder / "registry.yaml")
    port = free_port()
    of_the_test = {
        "REGISTRY_HTTP_ADDR": f"127.0.0.1:{port}",
        "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(folder / "storage"),
        "OTEL_TRACES_EXPORTER": "none",
    }
    program = Program(
        name=f"{kind.name} as {form}",
        argv=(kind.binary(), "serve", config),
        log=folder / "log",
        ready=answers(f"http://127.0.0.1:{port}/v2/", 401),
        extra=of_the_test | dict(variables),
    )
    return Started(f"127.0.0.1:{port}", program)


def mounted(manifests: Path) -> Path:
    """Put every file where the manifests mount it, and give the configuration file."""
    documents: list[dict[str, Any]] = list(yaml.safe_load_all(manifests.read_text()))
    maps = {each["metadata"]["name"]: each["data"] for each in documents if each["kind"] == "ConfigMap"}
    (deployment,) = (each for each in documents if each["kind"] == "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    sources = {
        each["name"]: maps[each["configMap"]["name"]] for each in pod["volumes"] if "configMap" in each
    }
    (container,) = pod["containers"]
    places = []
    for mount in container["volumeMounts"]:
        if mount["name"] in sources:
            places.append(Path(mount["mountPath"]))
            places[-1].parent.mkdir(parents=True, exist_ok=True)
            places[-1].write_text(sources[mount["name"]][mount["subPath"]])
    return next(place for place in places if place.name == "config.yml")


def _variables(path: Path) -> dict[str, str]:
    """Read a file as `docker run --env-file` does: NAME=value, all behind the first = as it stands."""
    lines = path.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)
