"""Rules that every file of the repository keeps, so that no one has to remember them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
COLUMNS_MAX = 100

PYTHON = {".py", ".pyi"}
CYTHON = {".pyx", ".pxd"}
CPP = {".hpp", ".cpp"}
CODE = PYTHON | CYTHON | CPP | {".def", ".toml", ".yml"}
TEXT = CODE | {".md", ".txt", ".cfg", ".json", ".jsonl", ".svg", ".editorconfig", ".gitignore"}
NOT_OURS = {"__pycache__", "build", "dist", "wheelhouse", "node_modules"}

BAD_NAME = re.compile(r"(^|_)(utils?|common|managers?|helpers?|misc|base_?class)(_|$)")
# A row of a declaration table stays on one line: the renderer reads it so, and so do people.
TABLE_ROW = re.compile(r"^(BEGIN|ENUM|RECORD|FIELD)\(")
GENERATED = re.compile(r"\bdo not edit\b", re.IGNORECASE)
WRITTEN_BY = re.compile(r"^\W*Written by (tools/\w+\.py)\b")
# Letters in brackets keep the patterns from finding themselves.
UNFINISHED = re.compile(r"\b([T]ODO|[F]IXME|[X]XX|[H]ACK)\b")
MACHINE_PATH = re.compile(r"(?<![\w./-])/([w]ork|[t]mp|[h]ome|[r]oot|[f]arm|[U]sers)/")
PACKAGE_HOST = re.compile(r"https?://[\w.-]*([p]ypi|[d]ebian|[n]pmjs|[c]rates)\.|[p]ythonhosted")
# One word for one thing: what the code says, and never what others call it.
BAD_WORD = re.compile(r"\b([i]s_bid|[q]ty|[o]id|[c]ancelled|[c]ancellation_id|[s]top_px)\b")


Function = tuple[str, int, int]  # name, line, lines
Measure = Callable[[str], Iterator[Function]]


def files() -> list[Path]:
    """Every file that belongs to the repository, from the tree alone: git may not be here."""
    found = []
    pending = [ROOT]
    while pending:
        for path in sorted(pending.pop().iterdir()):
            hidden = path.name.startswith(".") and path.name not in {".github", ".ci"}
            if path.is_dir():
                if not hidden and path.name not in NOT_OURS and path.suffix != ".egg-info":
                    pending.append(path)
            else:
                found.append(path)
    return found


def text_files(suffixes: set[str]) -> Iterator[tuple[str, str]]:
    """Yield (name, text) of the files with these suffixes, and of those without any."""
    for path in files():
        suffix = path.suffix or path.name if path.name.startswith(".") else path.suffix
        if suffix in suffixes or path.name in {"CMakeLists.txt", "LICENSE", "run"}:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def is_generated(text: str) -> bool:
    return WRITTEN_BY.match(text) is not None


def lines_that(suffixes: set[str], pattern: re.Pattern[str]) -> list[str]:
    """Return place and text of every line that the pattern is found in."""
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in text_files(suffixes)
        for number, line in enumerate(text.splitlines(), start=1)
        if pattern.search(line)
    ]


def python_functions(text: str) -> Iterator[Function]:
    """Yield every function with the number of its lines, its docstring left out."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        length = (node.end_lineno or node.lineno) - node.lineno + 1
        if ast.get_docstring(node) is not None:
            docstring = node.body[0]
            length -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
        yield node.name, node.lineno, length


def cython_functions(text: str) -> Iterator[Function]:
    """Yield the same of Cython, which no parser here reads: a function ends where it dedents."""
    head = re.compile(r"( *)(?:async )?(?:def|cdef|cpdef)\b(?! class)[^=(]*?(\w+)\(")
    without_docstrings = re.sub(r'"""(?:.|\n)*?"""', lambda m: "#" * m[0].count("\n"), text)
    lines = without_docstrings.split("\n")
    for number, line in enumerate(lines):
        match = head.match(line)
        if match is None:
            continue
        body = [number]
        for after in range(number + 1, len(lines)):
            inner = lines[after]
            indent = len(inner) - len(inner.lstrip())
            if inner.strip() and indent <= len(match[1]) and not inner.lstrip().startswith(")"):
                break
            if inner.strip():
                body.append(after)
        yield match[2], number + 1, body[-1] - number + 1


def blank_out(text: str) -> str:
    """Return C++ without comments, literals and preprocessor lines, its line breaks kept."""
    noise = re.compile(
        r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"""
        r"""|^[ \t]*\#(?:\\\n|[^\n])*""",
        re.DOTALL | re.MULTILINE,
    )
    return noise.sub(lambda match: "\n" * match[0].count("\n"), text)


def cpp_functions(text: str) -> Iterator[Function]:
    """Yield the same of C++: each outermost block that is no namespace, type or initialiser."""
    code = re.sub(r"\btemplate\s*<[^<>]*(?:<[^<>]*>[^<>]*)*>", "", blank_out(text))
    scope = re.compile(r"^\s*(?:inline\s+|typedef\s+)?(namespace|class|struct|union|enum|extern)\b")
    blocks: list[tuple[str, int]] = []  # (kind, line) of the blocks that are open
    start, line, head_line = 0, 1, 1
    for at, character in enumerate(code):
        line += character == "\n"
        if character == "{":
            head = code[start:at].strip()
            inside = any(kind != "scope" for kind, _ in blocks)
            is_scope = scope.match(head) is not None and "(" not in head
            is_value = head.endswith(("=", "]")) or ("(" not in head and head != "")
            kind = "scope" if is_scope else "value" if is_value else head[:60] or "block"
            blocks.append(("inside" if inside else kind, head_line if head else line))
        elif character == "}" and blocks:
            kind, first = blocks.pop()
            if kind not in {"scope", "value", "inside"}:
                yield kind.replace("\n", " "), first, line - first + 1
        if character in "{};":
            start = at + 1
            head_line = line
        elif not code[start:at].strip() and not character.isspace():
            head_line = line


def long_functions() -> Iterator[str]:
    readers: list[tuple[set[str], Measure]] = [
        (PYTHON, python_functions),
        (CYTHON, cython_functions),
        (CPP, cpp_functions),
    ]
    for suffixes, read in readers:
        for name, text in text_files(suffixes):
            if Path(name).suffix not in suffixes or is_generated(text):
                continue
            for function, line, length in read(text):
                if length > FUNCTION_LINES_MAX:
                    yield f"{name}:{line}: {function} was {length} lines"


def assert_none(found: list[str]) -> None:
    assert not found, "\n" + "\n".join(found)


def test_no_file_is_longer_than_800_lines() -> None:
    found = [
        f"{name}: was {text.count(chr(10))} lines"
        for name, text in text_files(CODE)
        if text.count("\n") > FILE_LINES_MAX and not is_generated(text)
    ]
    assert_none(found)


def test_no_function_is_longer_than_70_lines() -> None:
    assert_none(list(long_functions()))


def test_no_line_of_code_is_wider_than_100_columns() -> None:
    found = [
        f"{name}:{number}: was {len(line)} columns"
        for name, text in text_files(CODE)
        if not is_generated(text)
        for number, line in enumerate(text.splitlines(), start=1)
        if len(line) > COLUMNS_MAX and not (name.endswith(".def") and TABLE_ROW.match(line))
    ]
    assert_none(found)


def test_every_file_is_named_for_the_thing_it_holds() -> None:
    assert_none([str(path) for path in files() if BAD_NAME.search(path.stem.lower())])


def test_no_tab_no_trailing_blank_and_one_newline_at_the_end() -> None:
    assert_none(lines_that(TEXT, re.compile(r"\t|[ \t]+$")))
    ends = [
        name
        for name, text in text_files(TEXT)
        if text and (not text.endswith("\n") or text.endswith("\n\n"))
    ]
    assert_none(ends)


def test_generated_files_say_on_line_1_which_tool_wrote_them() -> None:
    generated = 0
    for name, text in text_files(CODE):
        opening = "\n".join(text.splitlines()[:8])
        if name.startswith("tools/") or GENERATED.search(opening) is None:
            continue
        match = WRITTEN_BY.match(text)
        assert match is not None, f"{name}:1: must read 'Written by tools/...'"
        assert (ROOT / match[1]).is_file(), f"{name}:1: {match[1]} was not found"
        generated += 1
    assert generated > 0


@pytest.mark.parametrize(
    ("suffixes", "pattern"),
    [
        pytest.param(TEXT, UNFINISHED, id="unfinished"),
        pytest.param(TEXT, MACHINE_PATH, id="machine path"),
        pytest.param(TEXT, PACKAGE_HOST, id="package host"),
        pytest.param(CPP | CYTHON | {".def"}, BAD_WORD, id="word for something else"),
    ],
)
def test_nothing_says(suffixes: set[str], pattern: re.Pattern[str]) -> None:
    assert_none(lines_that(suffixes, pattern))


PYTHON_SAMPLE = '''
def first(
    x,
):
    """Doc.

    More.
    """
    return x
'''
CYTHON_SAMPLE = '''
cdef class Sample:
    cpdef int first(self,
                    int x) except -1:
        """Doc.
        """
        return x

    def second(self):
        pass
'''
CPP_SAMPLE = """
namespace sample {
int table[] = {1,
               2};
struct Sample {
    Sample() : x_{1} {
    }
    template <class T>
    void second() {
        if (x_ == '{') {
        }
    }
    int x_{0};
};
}
"""


@pytest.mark.parametrize(
    ("read", "text", "expected"),
    [
        (python_functions, PYTHON_SAMPLE, [("first", 2, 4)]),
        (cython_functions, CYTHON_SAMPLE, [("first", 3, 4), ("second", 8, 2)]),
        (
            cpp_functions,
            CPP_SAMPLE,
            [("Sample() : x_", 6, 1), ("block", 6, 2), ("void second()", 9, 4)],
        ),
    ],
    ids=["python", "cython", "cpp"],
)
def test_the_length_of_a_function_is_measured_right(
    read: Measure, text: str, expected: list[Function]
) -> None:
    assert list(read(text)) == expected
