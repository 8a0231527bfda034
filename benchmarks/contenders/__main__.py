"""Compare the engine with what a Python user would pick instead.

    python benchmarks/contenders                        all of them, all workloads
    python benchmarks/contenders --only fastlob         some of them, ours always
    python benchmarks/contenders --write-readme         and put the tables into the pages

Everyone runs in a process and an environment of its own, on the same streams, in turn, and has the
trades compared with the right ones. The best of the rounds counts, in processor time. The
environments are made with pip on the first run and kept.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

# The modules beside this one are imported by name, however it was started.
sys.path.insert(0, str(Path(__file__).parent))

from contest import GRACE, Kind, Limits, Outcome, best_of, run_once
from environments import InstallError, interpreter
from roster import CONTENDERS, OURS, OURS_IN_BATCHES, Contender
from stream import WORKLOADS, Stream, make_stream
from tables import full, short, write_between

from engine._console import progress_bar, require_console
from engine.measurement import Interference, Noise, machine

ROOT: Final = Path(__file__).resolve().parents[2]
README_WORKLOADS: Final = ("thin", "retail")
SECONDS: Final = 30.0
COMMANDS: Final = 100_000
ROUNDS: Final = 3
SEED: Final = 7
WIDTH_MIN: Final = 120


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="contenders", description=__doc__.splitlines()[0])
    parser.add_argument("--only", action="append", metavar="NAME", help="may be given again")
    parser.add_argument("--workload", action="append", choices=WORKLOADS, help="default: all")
    parser.add_argument("--commands", type=int, default=COMMANDS, help="after the books are filled")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="of processor time that each run may take"
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of which the best counts")
    parser.add_argument("--markdown", action="store_true", help="print all the tables as Markdown")
    parser.add_argument("--write-readme", action="store_true", help="and docs/contenders.md")
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache" / "contenders")
    asked = parser.parse_args(given)
    asked.workload = asked.workload or list(WORKLOADS)
    unknown = set(asked.only or ()) - {each.name for each in CONTENDERS}
    if unknown:
        names = ", ".join(each.name for each in CONTENDERS)
        parser.error(f"--only was {', '.join(sorted(unknown))}, must be one of: {names}")
    if asked.write_readme and (asked.only or set(README_WORKLOADS) - {*asked.workload}):
        parser.error(f"--write-readme needs all contenders, on {', '.join(README_WORKLOADS)}")
    for name, least in (("commands", 1), ("seconds", 1), ("rounds", 1)):
        if getattr(asked, name) < least:
            parser.error(f"--{name} was {getattr(asked, name)}, must be at least {least}")
    return asked


def chosen(only: Sequence[str] | None) -> list[Contender]:
    """Return those that take part: ours in any case, for the ratios."""
    names = {*(only or (each.name for each in CONTENDERS)), OURS, OURS_IN_BATCHES}
    return [each for each in CONTENDERS if each.name in names]


def say(text: str) -> None:
    """Tell whoever waits."""
    print(text, file=sys.stderr, flush=True)


def install(contenders: Sequence[Contender], cache: Path) -> dict[str, Path | Outcome]:
    """Return the interpreter of each by name, or why it has none."""
    places: dict[str, Path | Outcome] = {}
    for contender in contenders:
        try:
            places[contender.name] = interpreter(contender, cache)
        except InstallError as error:
            places[contender.name] = Outcome(Kind.MISSING, why=str(error))
            say(f"{contender.name}: {Kind.MISSING}: {error}")
    return places


def contest(
    stream: Stream,
    contenders: Sequence[Contender],
    places: dict[str, Path | Outcome],
    limits: Limits,
    rounds: int,
) -> dict[str, Outcome]:
    """Run everyone on a stream, in turn; one that did not do it all is not asked again."""
    found: dict[str, list[Outcome]] = {each.name: [] for each in contenders}
    for number in range(1, rounds + 1):
        for contender in contenders:
            outcomes, place = found[contender.name], places[contender.name]
            if isinstance(place, Outcome):
                found[contender.name] = [place]
            elif all(outcome.kind is Kind.RIGHT for outcome in outcomes):
                what = f"{stream.name}, round {number} of {rounds}: {contender.name}"
                outcomes.append(shown(what, contender, place, stream, limits))
    return {name: best_of(outcomes) for name, outcomes in found.items()}


def shown(what: str, contender: Contender, python: Path, stream: Stream, limits: Limits) -> Outcome:
    """Run one contender with a bar that moves, and say what came of it."""
    done = 0
    with progress_bar(what, stream.preload + stream.commands) as advance:

        def heard(applied: int) -> None:
            nonlocal done
            advance(applied - done)
            done = applied

        outcome = run_once(contender, python, stream, limits, heard)
    figure = f"{outcome.ns:,.0f} ns a command, " if outcome.is_timed else ""
    why = f": {outcome.why}" if outcome.why else ""
    say(f"{what}: {figure}{outcome.kind}{why}")
    return outcome


def caption(
    asked: argparse.Namespace, noises: Sequence[Noise], load: float | None
) -> Iterator[str]:
    """Yield the lines that say where, when and with what was measured."""
    about = machine()
    total = Noise(
        sum(noise.spun_ns for noise in noises),
        sum(noise.lost_ns for noise in noises),
        max(noise.longest_ns for noise in noises),
    )
    started = "unknown" if load is None else f"{load:.1f}"
    ended = "unknown" if about.load is None else f"{about.load:.1f}"
    command = f"python benchmarks/contenders --commands {asked.commands}"
    command += f" --seconds {asked.seconds:g} --rounds {asked.rounds}"
    if tuple(asked.workload) != WORKLOADS:
        command += "".join(f" --workload {name}" for name in asked.workload)
    when = datetime.date.today().isoformat()
    yield f"{when}, {about.processor}, {about.cores} cores, {about.system}, engine {about.engine},"
    yield f"Python {about.python}; load {started} at the start and {ended} at the end;"
    yield f"{total}."
    yield f"`{command}`, seed {SEED}."


def show(lines: Sequence[str]) -> None:
    """Show Markdown to people."""
    from rich.console import Console
    from rich.markdown import Markdown

    screen = Console()
    # Names cut off are worse than lines that wrap.
    screen.width = max(screen.width, WIDTH_MIN)
    screen.print(Markdown("\n".join(lines)))


def main(given: Sequence[str] | None = None) -> int:
    """Run the contest and show it."""
    asked = arguments(given)
    if not asked.markdown:
        require_console()
    contenders, load = chosen(asked.only), machine().load
    places = install(contenders, asked.cache)
    limits = Limits(asked.seconds, GRACE)
    streams, results, noises = {}, {}, []
    for name in asked.workload:
        stream = make_stream(name, asked.commands, SEED, asked.cache)
        with Interference() as interference:
            results[name] = contest(stream, contenders, places, limits, asked.rounds)
        streams[name] = stream
        noises.append(interference.noise())
    about = list(caption(asked, noises, load))
    brief = {name: results[name] for name in README_WORKLOADS if name in results} or results
    tables = short(contenders, brief)
    complete = [*about, *full(contenders, streams, results)]
    if asked.markdown:
        print("\n".join(complete))
    else:
        show([*tables, "", *about])
    if asked.write_readme:
        write_between(ROOT / "README.md", [*tables, "", *about])
        write_between(ROOT / "docs" / "contenders.md", complete)
    return 0


if __name__ == "__main__":
    sys.exit(main())
