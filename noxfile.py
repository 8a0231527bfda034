"""CI on one machine: `nox` runs all, `nox -s tests-3.13` one part. The work is bootstrap.py's."""

from __future__ import annotations

import nox

nox.needs_version = ">=2024.3"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]


def bootstrap(session: nox.Session, command: str) -> None:
    environment = {"ENGINE_ENVIRONMENT": session.virtualenv.location}
    session.run("python", "bootstrap.py", command, *session.posargs, env=environment)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    bootstrap(session, "test")


@nox.session
def lint(session: nox.Session) -> None:
    bootstrap(session, "lint")


@nox.session
def sanitize(session: nox.Session) -> None:
    bootstrap(session, "sanitize")


@nox.session
def threads(session: nox.Session) -> None:
    bootstrap(session, "threads")


@nox.session(default=False)
def valgrind(session: nox.Session) -> None:
    bootstrap(session, "valgrind")
