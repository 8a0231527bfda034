"""Set up and run the project: one entry for people and for CI.

    python3 bootstrap.py demo [arguments]    install, then send a day of orders through the engine
    python3 bootstrap.py test [arguments]    install, then run the tests (arguments go to pytest)
    python3 bootstrap.py check               lint, then sanitize
    python3 bootstrap.py lint                formatting, types, stubs, rendered files
    python3 bootstrap.py sanitize            the C++ tests with Address-, UB- and LeakSanitizer
    python3 bootstrap.py threads             the C++ tests that have threads with ThreadSanitizer
    python3 bootstrap.py valgrind            the C++ tests with valgrind's memcheck and leak check
    python3 bootstrap.py bench [arguments]   run the benchmarks (arguments go to pytest)

Needs Python 3.11 or newer and a C++20 compiler. Everything else goes into an environment of its
own: .venv, or the directory that ENGINE_ENVIRONMENT names. What is installed there is built again
only when a source has changed.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this file is where an old Python is told so
    sys.exit(f"bootstrap.py: Python was {sys.version.split()[0]}, must be 3.11 or newer")

import hashlib
import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = Path(os.environ.get("ENGINE_ENVIRONMENT", ROOT / ".venv")).resolve()
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = str(PROGRAMS / ("python.exe" if os.name == "nt" else "python"))
STAMP = ENVIRONMENT / "engine-stamp.json"
BUILDS = ROOT / "build"

# What decides how the package is built: files, directories, and variables that compilers obey.
SOURCES = ("pyproject.toml", "CMakeLists.txt", "README.md", "LICENSE", "csrc/engine", "src")
VARIABLES = ("CXX", "CXXFLAGS", "LDFLAGS", "CMAKE_ARGS", "SKBUILD_CMAKE_ARGS")

PROBE = """
#include <bit>
#include <concepts>
#include <span>
static_assert(std::has_single_bit(64u) && std::integral<int> && sizeof(std::span<int>) > 0);
"""


def fail(message: str) -> NoReturn:
    """Stop with a message and exit code 1."""
    sys.exit(f"bootstrap.py: {message}")


def run(*command: str) -> None:
    """Print a command and run it at the root; stop with its exit code when it fails."""
    print("+", shlex.join(command), flush=True)
    path = os.pathsep.join([str(PROGRAMS), os.environ.get("PATH", os.defpath)])
    program = shutil.which(command[0], path=path) or fail(f"{command[0]} was not found")
    code = subprocess.run(
        [program, *command[1:]], cwd=ROOT, env=os.environ | {"PATH": path}, check=False
    ).returncode
    if code != 0:
        print(f"bootstrap.py: exit code was {code}: {shlex.join(command)}", file=sys.stderr)
        sys.exit(code if code > 0 else 128 - code)


def require_compiler() -> None:
    """Stop unless a C++20 compiler and Python's headers are here, saying what is missing."""
    if os.name == "nt":
        return  # CMake finds Visual Studio by its own ways, and says so when there is none.
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["c++", "g++", "clang++"]
    found = next((name for name in names if shutil.which(shlex.split(name)[0])), None)
    if found is None:
        fail(f"no C++ compiler was found: tried {', '.join(names)}; CXX can name one")
    probe = [*shlex.split(found), "-std=c++20", "-fsyntax-only", "-x", "c++", "-"]
    if subprocess.run(probe, input=PROBE, text=True, check=False).returncode != 0:
        fail(f"the C++ compiler {found!r} does not know C++20 (g++ 11 or clang++ 14 do)")
    headers = Path(sysconfig.get_path("include"))
    if not (headers / "Python.h").exists():
        fail(f"Python.h was not in {headers}: install the python3-dev package of your system")


def require_environment() -> None:
    """Make the environment, unless one is there that this Python made."""
    version = "import sys, pip; print(*sys.version_info[:2])"
    ours = "{} {}".format(*sys.version_info[:2])
    if Path(PYTHON).exists():
        probe = subprocess.run([PYTHON, "-c", version], capture_output=True, text=True, check=False)
        if probe.stdout.strip() == ours:
            return
    if any(ENVIRONMENT.glob("*")) and not (ENVIRONMENT / "pyvenv.cfg").exists():
        fail(f"{ENVIRONMENT} is there and is not a Python environment: not touched")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            fail(f"this Python has no {module}: install the python3-venv package of your system")
    run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT))


def source_files() -> Iterator[Path]:
    """Yield every file that decides how the package is built, in a fixed order."""
    for name in SOURCES:
        path = ROOT / name
        if path.is_file():
            yield path
        for file in sorted(path.rglob("*")):
            places = file.relative_to(ROOT).parts
            made = any(place.startswith(".") or place == "__pycache__" for place in places)
            if file.is_file() and not made:
                yield file


def digest() -> str:
    """Return a hash of the sources, their names, and what else decides the build."""
    total = hashlib.sha256(repr([os.environ.get(name) for name in VARIABLES]).encode())
    for path in source_files():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(ROOT)} {content}\n".encode())
    return total.hexdigest()


def install(*extras: str) -> None:
    """Bring the environment up to the sources, with these extras and those it already has."""
    require_environment()
    stamp = json.loads(STAMP.read_text()) if STAMP.exists() else {"digest": "", "extras": []}
    wanted = sorted({*extras, *stamp["extras"]})
    current = {"digest": digest(), "extras": wanted}
    if stamp == current:
        return
    pip = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check")
    if stamp["digest"] == current["digest"]:
        name = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
        run(*pip, f"{name}[{','.join(wanted)}]")  # Already built: only the extras are missing.
    else:
        require_compiler()
        STAMP.unlink(missing_ok=True)
        run(*pip, f".[{','.join(wanted)}]")
    STAMP.write_text(json.dumps(current))


def demo(arguments: list[str]) -> None:
    """Run the main job: a day of orders goes through the engine."""
    install("cli")
    run(PYTHON, "-m", "engine", "day", *arguments)


def test(arguments: list[str]) -> None:
    """Run the tests."""
    install("cli", "test")
    run(PYTHON, "-m", "pytest", *arguments)


def bench(arguments: list[str]) -> None:
    """Run the benchmarks."""
    install("cli", "test")
    run(PYTHON, "-m", "pytest", "benchmarks", *arguments)


def lint() -> None:
    """Check formatting, types, stubs, and that rendered files are current."""
    install("cli", "test", "lint")
    run(PYTHON, "tools/render_schema.py", "--check")
    run("ruff", "check", ".")
    run("ruff", "format", "--check", ".")
    run(PYTHON, "-m", "mypy")
    run(PYTHON, "-m", "mypy.stubtest", "--concise", "engine")
    suffixes = (".hpp", ".cpp")
    sources = sorted(path for path in (ROOT / "csrc").rglob("*") if path.suffix in suffixes)
    names = [str(path.relative_to(ROOT)) for path in sources]
    run("clang-format", "--dry-run", "-Werror", *names)


def build_tests(name: str, sanitizers: str, *targets: str) -> Path:
    """Build C++ tests with sanitizers, all or some, and return where."""
    install("lint")
    require_compiler()
    built = BUILDS / name
    options = ("-DCMAKE_BUILD_TYPE=RelWithDebInfo", "-DENGINE_BUILD_TESTS=ON")
    sanitized = f"-DENGINE_SANITIZE={sanitizers}"
    run("cmake", "-S", ".", "-B", str(built), "-G", "Ninja", *options, sanitized)
    run("cmake", "--build", str(built), *(f"--target={target}" for target in targets))
    return built


def sanitize() -> None:
    """Run the C++ tests with AddressSanitizer, which looks for leaks too, and UBSan."""
    built = build_tests("sanitize", "address,undefined")
    run("ctest", "--test-dir", str(built), "--output-on-failure")


def threads() -> None:
    """Run the C++ tests that have threads with ThreadSanitizer."""
    names = ("journal", "read_ahead", "shards")
    built = build_tests("threads", "thread", *(f"test_{name}" for name in names))
    pattern = f"^({'|'.join(names)})$"
    run("ctest", "--test-dir", str(built), "--output-on-failure", "-R", pattern)


def valgrind() -> None:
    """Run the C++ tests with valgrind: memory that is wrong, not set, or never given back."""
    built = build_tests("valgrind", "")
    checks = ["--leak-check=full", "--error-exitcode=1", "--child-silent-after-fork=yes"]
    # Some tests let memory end by an operator new of their own, which is to be left to them.
    checks.append("--soname-synonyms=somalloc=nouserintercepts")
    for program in sorted((built / "csrc" / "tests").glob("test_*")):
        if program.is_file():
            run("valgrind", *checks, str(program))


def check() -> None:
    """Lint, then sanitize."""
    lint()
    sanitize()


def main(arguments: list[str]) -> None:
    """Run the command that the arguments name."""
    open_ended = {"demo": demo, "test": test, "bench": bench}
    plain = {
        "check": check,
        "lint": lint,
        "sanitize": sanitize,
        "threads": threads,
        "valgrind": valgrind,
    }
    name, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    if name in ("-h", "--help"):
        print(__doc__)
    elif name in open_ended:
        open_ended[name](rest)
    elif name in plain and not rest:
        plain[name]()
    elif name in plain:
        fail(f"{name} takes no arguments, was given {shlex.join(rest)}")
    else:
        fail(f"command was {name!r}, must be one of {', '.join([*open_ended, *plain])}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
