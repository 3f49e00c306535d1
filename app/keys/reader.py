"""Who the server runs as, and whether the permissions of a file or a folder suit them."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

_ROOT = 0
_GROUP_AND_OTHER = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Reader:
    """A user, and the groups that they are in.

    Attributes:
        uid: The user.
        groups: Their groups.
    """

    uid: int
    groups: frozenset[int]

    @classmethod
    def of_process(cls) -> Reader:
        """Return the user of this process."""
        return cls(os.geteuid(), frozenset({os.getegid(), *os.getgroups()}))

    @classmethod
    def of_owner(cls, folder: Path) -> Reader:
        """Return the user that the server reads a folder as, as far as a command can tell.

        Root, who can read everything, asks for the owner of the folder; anybody else asks for themselves.
        """
        own = cls.of_process()
        try:
            status = folder.stat()
        except OSError:
            return own  # reading it says better what is wrong
        if own.uid != _ROOT or status.st_uid == _ROOT:
            return own
        return cls(status.st_uid, frozenset({status.st_gid, *_groups_of(status.st_uid)}))

    def can_read(self, status: os.stat_result) -> bool:
        """Whether the permissions of a file let them read it."""
        return self._may(status, stat.S_IRUSR, stat.S_IRGRP, stat.S_IROTH)

    def can_write(self, status: os.stat_result) -> bool:
        """Whether the permissions of a file or a folder let them write there."""
        return self._may(status, stat.S_IWUSR, stat.S_IWGRP, stat.S_IWOTH)

    def _may(self, status: os.stat_result, owner: int, group: int, other: int) -> bool:
        """Whether they have the bit of a file that is for them."""
        if self.uid == _ROOT:
            return True
        if self.uid == status.st_uid:
            return bool(status.st_mode & owner)
        return bool(status.st_mode & (group if status.st_gid in self.groups else other))

    def shares(self, status: os.stat_result) -> bool:
        """Whether others than the owner of a file have access to it, who should not have.

        Root may give a file to a group of theirs, only to be read. That is how Kubernetes mounts a secret for
        a pod with `fsGroup`: owned by root, mode 0440, of a group that the pod alone has. A key of their own
        is for no group.
        """
        open_to = stat.S_IMODE(status.st_mode) & _GROUP_AND_OTHER
        is_given = status.st_uid == _ROOT != self.uid and status.st_gid in self.groups
        return bool(open_to) and not (is_given and open_to == stat.S_IRGRP)

    def __str__(self) -> str:
        """Return their name, and their number where they have none."""
        return name_of(self.uid)


def name_of(uid: int) -> str:
    """Return the name of a user, and their number where they have none here."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"


def _groups_of(uid: int) -> list[int]:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return []
    return os.getgrouplist(entry.pw_name, entry.pw_gid)
