"""Pages that cannot go stale: links lead somewhere, examples run, record tables are the code's."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import _schema

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
TYPES = ROOT / "csrc" / "engine" / "types"
RECORDS_PAGE = ROOT / "docs" / "semantics" / "records.md"

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
CELL_END = re.compile(r"(?<!\\)\|")
DECLARATION = re.compile(r'^(BEGIN|ENUM|RECORD|FIELD)\((.*?), "(.*)"\)$', re.MULTILINE)
DTYPES = {
    "Command": _schema.COMMAND_DTYPE,
    "ExecutionReport": _schema.REPORT_DTYPE,
    "Trade": _schema.TRADE_DTYPE,
    "Order": _schema.ORDER_DTYPE,
    "OrderDetail": _schema.DETAIL_DTYPE,
    "Level": _schema.LEVEL_DTYPE,
    "Transfer": _schema.TRANSFER_DTYPE,
    "FeedMessage": _schema.FEED_DTYPE,
    "RateAnswer": _schema.RATE_ANSWER_DTYPE,
}


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Yield text and target of every link of a page that stays in the repository."""
    for link in LINK.finditer(FENCED.sub("", page.read_text(encoding="utf-8"))):
        if not link["target"].startswith(("http:", "https:", "mailto:")):
            yield link["text"], link["target"]


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page can be linked by."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in HEADING.findall(text)
    }


def declarations(name: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield macro, arguments and documentation of every line of a table of declarations."""
    for macro, arguments, text in DECLARATION.findall((TYPES / name).read_text(encoding="utf-8")):
        yield macro, [argument.strip() for argument in arguments.split(",")], text


def section(heading: str) -> str:
    """Return what the page of records says under a heading."""
    text = RECORDS_PAGE.read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n### {heading}\n")
    assert found, f"{page_name(RECORDS_PAGE)} has no heading {heading}"
    return re.split(r"^#", rest, maxsplit=1, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for text, target in links(page):
        path, _, anchor = target.partition("#")
        place = (page.parent / path).resolve() if path else page
        is_there = place.exists() and place.is_relative_to(ROOT)
        if not is_there or (anchor and anchor not in anchors(place)):
            broken.append(f"{page_name(page)}: [{text}]({target})")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_what_a_link_names_is_in_the_file(page: Path) -> None:
    missing = []
    for text, target in links(page):
        place = page.parent / target
        name = re.fullmatch(r"`(\w+)`", text)
        if name and place.is_file() and place.suffix != ".md":
            code = place.read_text(encoding="utf-8")
            if not re.search(rf"\b{name[1]}\b", code):
                missing.append(f"{page_name(page)}: {name[1]} is not in {target}")
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_examples_do_what_they_show(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # what they write is theirs
    result = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_rows_of_a_table_are_as_wide_as_its_head(page: Path) -> None:
    wrong, width = [], 0
    for line in FENCED.sub("", page.read_text(encoding="utf-8")).splitlines():
        cells = len(CELL_END.findall(line.strip())) if line.strip().startswith("|") else 0
        if width and cells and cells != width:
            wrong.append(f"{page_name(page)}: {cells - 1} cells, not {width - 1}: {line}")
        width = (width or cells) if cells else 0
    assert not wrong, "\n".join(wrong)


def test_the_page_of_the_architecture_has_every_binding() -> None:
    page = ROOT / "docs" / "architecture.md"
    linked = {(page.parent / target).resolve() for _, target in links(page)}
    bindings = sorted((ROOT / "src" / "engine").glob("*.pyx"))
    assert bindings
    assert [path.name for path in bindings if path not in linked] == []


def test_every_page_is_in_the_index() -> None:
    reachable, pending = set(), [ROOT / "docs" / "README.md"]
    while pending:
        page = pending.pop()
        if page.suffix == ".md" and page.is_file() and page not in reachable:
            reachable.add(page)
            targets = (target.partition("#")[0] for _, target in links(page))
            pending += [(page.parent / target).resolve() for target in targets]
    assert [page_name(page) for page in PAGES if page not in reachable] == []


def test_the_page_of_records_has_every_field() -> None:
    lines: list[str] = []
    for macro, arguments, text in declarations("records.def"):
        if macro == "RECORD":
            record, lines = arguments[0], section(arguments[0]).splitlines()
            assert any(line.startswith(f"{text} {arguments[1]} bytes") for line in lines), record
            continue
        dtype, offset = DTYPES[record].fields[arguments[1]][:2]
        rows = [line for line in lines if line.startswith(f"| `{arguments[1]}` | {offset} |")]
        assert len(rows) == 1, f"{record}.{arguments[1]} at {offset} has {len(rows)} rows"
        assert f"| {dtype.name}" in rows[0], f"{record}.{arguments[1]} is {dtype.name}"
        assert rows[0].endswith(f"| {text} |"), f"{record}.{arguments[1]}: {text}"


def test_the_page_of_records_has_every_member() -> None:
    lines: list[str] = []
    for macro, arguments, text in declarations("enums.def"):
        if macro == "BEGIN":
            lines = section(arguments[0]).splitlines()
            assert text in lines, arguments[0]
        else:
            assert f"| `{arguments[0]}` | {arguments[1]} | {text} |" in lines, arguments[0]
