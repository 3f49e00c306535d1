"""What other rules change, in numbers, for whoever reads the log."""

from __future__ import annotations

from collections.abc import Iterable

from app.rules.model import Rule, RuleSet


def in_numbers(old: RuleSet, new: RuleSet) -> dict[str, object]:
    """Count what other rules change, as fields of a line of the log.

    A rule is known by its id. One that merely moved, or has another description or contact, has not changed.
    """
    before, after = ({rule.id: rule for rule in rules.rules} for rules in (old, new))
    added = [after[each] for each in after.keys() - before.keys()]
    removed = [before[each] for each in before.keys() - after.keys()]
    both = after.keys() & before.keys()
    changed = [each for each in both if _meaning(before[each]) != _meaning(after[each])]
    affected = [*added, *removed, *(rule for each in changed for rule in (before[each], after[each]))]
    return {
        "old_version": old.version,
        "rules_version": new.version,
        "rules_before": len(old.rules),
        "rules_after": len(new.rules),
        "rules_added": len(added),
        "rules_removed": len(removed),
        "rules_changed": len(changed),
        **_affected(affected),
    }


def _meaning(rule: Rule) -> tuple[object, ...]:
    return rule.who, rule.repositories, rule.catalog, rule.effect, rule.actions, rule.when


def _affected(rules: Iterable[Rule]) -> dict[str, object]:
    """Say whom rules are for: how many groups, users and robots they name, and whether they are for all."""
    who = [rule.who for rule in rules]
    return {
        "affects_groups": len({group.text for each in who for group in each.groups}),
        "affects_users": len({user.text for each in who for user in each.users}),
        "affects_robots": len({robot.text for each in who for robot in each.robots}),
        "affects_all": any(each.authenticated or each.everyone for each in who),
    }
