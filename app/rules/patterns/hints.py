"""What is wrong with a text that is no pattern, and what to write instead."""

from __future__ import annotations

import re


def letters(text: str) -> str:
    """Say what to write instead of characters that no repository name has."""
    if "@" in text:
        return "a rule is about repositories: take the @ and what follows out"
    if re.fullmatch(r"[A-Za-z0-9._/:-]+", text):
        return "repository names have no capitals"
    return "repository names have a-z 0-9 . _ - / alone"


def component(text: str, whole: str, *, is_host: bool) -> str:
    """Say what to write instead of a component that no repository name has.

    Args:
        text: The component.
        whole: The pattern that it is part of.
        is_host: Whether it stands where a host might.
    """
    if ":" not in text:
        return "separators stand between letters or digits"
    if "://" in whole:
        return "take the registry's address out, and begin with the name behind it"
    if is_host:
        return "a host has a number behind its colon, as in host:5000/app"
    return "a rule is about repositories: take the tag out"
