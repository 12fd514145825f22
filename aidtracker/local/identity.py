"""How a server that refuses to run as root is run by root all the same.

PostgreSQL wants an unprivileged user. Two ways, in this order:

1. A user namespace: the child sees itself as an ordinary user, its files stay the caller's, and it loses every
   power over the machine outside. No account is needed and no directory has to be opened to others, which a
   change of user would need (a project under /root is closed to everyone else).
2. Where the kernel or a container's rules refuse that (Docker's default profile does): the account `postgres`
   or `nobody`, which then owns the data directory and has to be able to reach it.
"""

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .processes import _libc
from .say import Refusal

CLONE_NEWUSER = 0x10000000  # linux/sched.h
INSIDE = 1000


@dataclass(frozen=True, kw_only=True)
class Identity:
    """become: what the child does before its program starts, or None to stay who it is.
    owner: the account that must own the server's files, or None where the caller's ownership will do."""

    become: Callable[[], None] | None = None
    owner: pwd.struct_passwd | None = None

    def give(self, path: Path) -> None:
        """Make `path` and all in it the server's own."""
        if self.owner is None:
            return
        for name in [path, *path.rglob("*")]:
            os.chown(name, self.owner.pw_uid, self.owner.pw_gid, follow_symlinks=False)


def unprivileged(program: Path, directory: Path) -> Identity:
    """An identity under which `program` may run with its data in `directory`. Refusal: there is none."""
    if os.geteuid() != 0:
        return Identity()
    if _works(into_user_namespace, program, directory):
        return Identity(become=into_user_namespace)
    for account in _accounts():
        become = _into_account(account)
        if _works(become, program, directory):
            return Identity(become=become, owner=account)
    raise Refusal(
        "PostgreSQL does not run as root, and this machine refuses both a user namespace and another user's "
        f"way into {directory}: run as an ordinary user, or set DATABASE_URL and DATABASE_OWNER_URL."
    )


def into_user_namespace() -> None:
    """Become user 1000 of a new user namespace that maps to the caller; for a forked child only."""
    uid, gid = os.geteuid(), os.getegid()
    if _libc is None or _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER) was refused")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{INSIDE} {gid} 1")


def _accounts() -> list[pwd.struct_passwd]:
    known = {account.pw_name: account for account in pwd.getpwall()}
    return [known[name] for name in ("postgres", "nobody") if name in known]


def _into_account(account: pwd.struct_passwd) -> Callable[[], None]:
    def become() -> None:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)

    return become


def _works(become: Callable[[], None], program: Path, directory: Path) -> bool:
    """Whether a child that became so can start the program and reach the directory."""
    try:
        done = subprocess.run(
            [str(program), "--version"], preexec_fn=become, cwd=directory, capture_output=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
