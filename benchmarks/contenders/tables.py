"""What a contest came to, as Markdown: a short table for the README, all of it for its own page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from contest import Kind, Outcome
from roster import OURS, OURS_IN_BATCHES, PASSED_OVER, Contender
from stream import Stream

__all__ = ["MARKERS", "Results", "between", "full", "row_names", "short", "write_between"]

MARKERS: Final = ("<!-- contenders: start -->", "<!-- contenders: end -->")

Results = Mapping[str, Mapping[str, Outcome]]
"""By workload and name of the contender."""


def short(contenders: Sequence[Contender], results: Results) -> list[str]:
    """Return the table that the README shows: rates, and how many times as fast ours is."""
    heads = ["", "version"]
    for workload in results:
        heads += [f"{workload}, commands/s", "ours is"]
    lines = list(_head(heads, text=2))
    for contender in contenders:
        cells = [contender.name, _version(contender)]
        for outcomes in results.values():
            outcome = outcomes[contender.name]
            cells += [_rate(outcome), _ratio(outcomes[OURS], outcome)]
        lines.append(_row(cells))
    return lines


def full(
    contenders: Sequence[Contender], streams: Mapping[str, Stream], results: Results
) -> list[str]:
    """Return a table for each workload, and one of who is who."""
    lines = []
    for workload, outcomes in results.items():
        lines += ["", *_workload(contenders, streams[workload], outcomes)]
    lines += ["", "## Who is who", ""]
    lines += _head(["contender", "what it is", "what it lacks", "what it says of a trade"], text=4)
    lines += [
        _row([each.name, each.about, each.lacks or "nothing", str(each.tells)])
        for each in contenders
    ]
    lines += ["", "## Who was looked at and does not take part", ""]
    lines += _head(["distribution", "why"], text=2)
    return lines + [_row([name, why]) for name, why in PASSED_OVER.items()]


def _workload(
    contenders: Sequence[Contender], stream: Stream, outcomes: Mapping[str, Outcome]
) -> Iterator[str]:
    yield f"## {stream.name}: {stream.commands:,} commands after {stream.preload:,} that fill books"
    yield ""
    heads = ["contender", "ns a command", "on the wall", "commands/s"]
    heads += ["a call each is", "batches are", "trades", "threads", "answer"]
    yield from _head(heads, text=1)
    for contender in contenders:
        outcome = outcomes[contender.name]
        timed = outcome.is_timed
        yield _row(
            [
                contender.name,
                f"{outcome.ns:,.0f}" if timed else "-",
                f"{outcome.wall:,.0f}" if timed else "-",
                _rate(outcome) if timed else "-",
                _ratio(outcomes[OURS], outcome) if timed else "-",
                _ratio(outcomes[OURS_IN_BATCHES], outcome) if timed else "-",
                f"{outcome.trades:,}" if timed else "-",
                f"{outcome.threads}" if timed else "-",
                f"{outcome.kind}: {outcome.why}" if outcome.why else str(outcome.kind),
            ]
        )


def _rate(outcome: Outcome) -> str:
    """Return commands a second of processor time to three digits, or why there is none."""
    if outcome.is_timed:
        figure = float(f"{1e9 / outcome.ns:.3g}")
        mark = " (cut short)" if outcome.kind is Kind.SLOW else ""
        return f"{figure:,.0f}{mark}"
    return "did not fill the books in time" if outcome.kind is Kind.SLOW else str(outcome.kind)


def _ratio(ours: Outcome, other: Outcome) -> str:
    """Say how many times as fast ours is; below 1 when it is slower."""
    if not (ours.is_timed and other.is_timed) or ours is other:
        return "-"
    ratio = other.ns / ours.ns
    return f"{ratio:,.0f} ×" if ratio >= 20 else f"{ratio:.2g} ×" if ratio < 1 else f"{ratio:.1f} ×"


def _version(contender: Contender) -> str:
    return contender.version or "this one"


def _head(names: Sequence[str], text: int) -> Iterator[str]:
    """Yield the two lines above a table; columns from number `text` on are set to the right."""
    yield _row(names)
    yield f"|{'|'.join(' --- ' if at < text else ' --: ' for at in range(len(names)))}|"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def between(text: str) -> str:
    """Return what stands between the markers of a page.

    Raises
    ------
    ValueError
        The page doesn't have each of them once.
    """
    start, end = MARKERS
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(f"the page must have {start} and {end} once each")
    return text.partition(start)[2].partition(end)[0]


def write_between(path: Path, lines: Sequence[str]) -> None:
    """Put lines between the markers of a page."""
    text = path.read_text(encoding="utf-8")
    old = between(text)
    body = "\n".join(lines).strip("\n")
    start, end = MARKERS
    path.write_text(
        text.replace(f"{start}{old}{end}", f"{start}\n\n{body}\n\n{end}"), encoding="utf-8"
    )


def row_names(text: str) -> list[str]:
    """Return the first cells of the tables' rows between the markers of a page."""
    rows = [line for line in between(text).splitlines() if line.startswith("| ")]
    return [line.split("|")[1].strip() for line in rows]
