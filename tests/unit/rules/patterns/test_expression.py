"""Regular expressions, each compiled once."""

from __future__ import annotations

import gc
import weakref

from app.rules.patterns.expression import Expression, expressions, shared


def test_an_expression_is_compiled_when_it_is_first_needed_and_never_again() -> None:
    """However many others there are: nothing is kept in a table that could be full."""
    made = [Expression(f"x{number}-[^/]+") for number in range(5_000)]
    assert all(one._compiled is None for one in made)
    assert [number for number, one in enumerate(made) if one.match("x7-a")] == [7]
    compiled = [one._compiled for one in made]
    assert [number for number, one in enumerate(made) if one.match("x9-b")] == [9]
    assert all(one._compiled is before for one, before in zip(made, compiled, strict=True))
    assert made[7].match("x7-b/c") is None


def test_one_source_is_one_expression_while_somebody_needs_it() -> None:
    """Afterwards it is gone."""
    one = shared("only-here[^/]+")
    assert shared("only-here[^/]+") is one
    alive = weakref.ref(one)
    del one
    gc.collect()
    assert alive() is None


def test_of_those_that_depend_on_who_asks_the_latest_are_kept() -> None:
    """For each pattern by itself."""
    of = expressions()
    first = of("a")
    assert of("a") is first
    for number in range(1_000):
        of(str(number))
    assert of("a") is not first
