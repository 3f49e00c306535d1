"""What the demo prints once everything is ready."""

from __future__ import annotations

from pathlib import Path

from deploy.demo import files
from deploy.demo.settings import ADDRESS, FOLDER, HOST, ROOT, SERVICE, Ports

_DECODE = (
    "python3 -c 'import base64, json, sys; "
    'claims = json.load(sys.stdin)["token"].split(".")[1]; '
    'print(json.dumps(json.loads(base64.urlsafe_b64decode(claims + "==")), indent=2))\''
)
_TOKEN = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"token\"])'"


def welcome(ports: Ports) -> str:
    """Return the people, their passwords and rights, and lines to type that work as they are."""
    registry = f"{HOST}:{ports.registry.number}"
    server = f"http://{HOST}:{ports.wharfinger.number}"
    directory = f"ldaps://{ADDRESS}:{ports.ldaps.number}"
    token = f"{server}/token?service={SERVICE}"
    layout = f"oci:{_relative(FOLDER)}/hello"
    wharfinger, configuration = ".venv/bin/wharfinger", _relative(files.CONFIGURATION)
    copy = f"skopeo copy --dest-tls-verify=false {layout} docker://{registry}/platform/hello:1 --dest-creds"
    catalog = f"curl -s -u carol:carol-password '{token}&scope=registry:catalog:*' | {_TOKEN}"
    return f"""
Ready: the token server on {server}, the registry on {registry}, the directory on {directory}

  who    password         groups                           may
  alice  alice-password   team-platform, release-managers  pull, push platform/**; push, delete */release/**
  bob    bob-password     team-web, contractors            pull, push web/**, but only pull web/release/**
  carol  carol-password   auditors                         list the catalog
  dave   dave-password                                     nothing: the directory has locked the account
  erin   erin-password    data-leads (in team-data)        pull, push data/**
  frank  frank-password                                    what everyone who signs in may
  zoë    pä:ss%w+rd &ß€                                    what everyone who signs in may

Everyone who signs in may pull, push and delete sandbox/NAME/**. Anyone may pull base/**, without a login.
Five wrong passwords lock an account for fifteen minutes.

Docker, in another terminal:
  docker pull {registry}/base/hello
  echo alice-password | docker login {registry} -u alice --password-stdin
  docker tag {registry}/base/hello {registry}/platform/hello
  docker push {registry}/platform/hello
  docker tag {registry}/base/hello {registry}/web/hello
  docker push {registry}/web/hello     # denied: web is not alice's
  docker logout {registry}

skopeo, in {ROOT}:
  {copy} alice:alice-password
  {copy} bob:bob-password     # denied
  skopeo inspect --tls-verify=false --no-creds docker://{registry}/base/hello

crane, oras, cosign and helm, if you have them:
  crane auth login {registry} -u alice -p alice-password
  crane copy {registry}/base/hello {registry}/platform/hello:2
  oras login --plain-http {registry} -u alice -p alice-password
  oras repo tags --plain-http {registry}/platform/hello
  cosign tree --allow-http-registry {registry}/platform/hello:2
  helm registry login --plain-http {registry} -u alice -p alice-password

curl, to see the tokens:
  curl -s -u alice:alice-password '{token}&scope=repository:platform/hello:pull,push'
  curl -s -u bob:bob-password '{token}&scope=repository:web/release/app:pull,push' | {_DECODE}
  curl -s -u 'zoë:pä:ss%w+rd &ß€' '{token}' | {_DECODE}
  curl -s -u dave:dave-password '{token}'
  curl -s -H "Authorization: Bearer $({catalog})" http://{registry}/v2/_catalog

wharfinger, to ask why, in {ROOT}:
  {wharfinger} directory whois erin --config {configuration}
  {wharfinger} rules explain bob web/release/app pull,push --config {configuration}     # denied
  {wharfinger} rules who-can push web/release/app --config {configuration}
  {wharfinger} registry check http://{registry} --config {configuration}

The rules are in {_relative(files.RULES)}, the configuration in {_relative(files.CONFIGURATION)},
who got which rights in {_relative(files.AUDIT)}, the logs in {_relative(FOLDER)}/*.log.
Ctrl-C ends everything.
"""


def _relative(path: Path) -> Path:
    return path.relative_to(ROOT)
