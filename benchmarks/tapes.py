"""Tapes: the four workloads as command arrays, with the right answer to each where it is known.

The shared generator makes a tape and an oracle's trades for it. Where it is not there, or no C++
compiler is, the package makes a tape of the same mix; then there is no oracle and no yardstick.
"""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from compiled import compiled, compiler

from engine.records import RecordArray
from engine.streams import read_commands, write_commands
from engine.workloads import workload

__all__ = ["ACCOUNTS", "PRELOAD", "Tape", "TapeMaker"]

ACCOUNTS: Final = 1_000
"""Whose orders a workload has, unless it is told otherwise."""
PRELOAD: Final = {"thin": 1_000, "retail": 2_000, "deep": 1_000_000, "venue": 200_000}
"""By workload, how many commands at the beginning fill the books and are not timed."""
GENERATOR_FLAGS: Final = ("-O2", "-std=c++20")
YARDSTICK_FLAGS: Final = ("-O3", "-march=native", "-std=c++20")


@dataclass(frozen=True)
class Tape:
    """One workload from one seed.

    Attributes
    ----------
    name, seed, accounts : str, int, int
        What it was made from.
    path : Path
        The stream file.
    commands : ndarray of COMMAND_DTYPE
        Preload and rest.
    preload : int
        Commands at the beginning that are not timed.
    trades_sha256 : str or None
        Digest of the oracle's trades in the stream format; None without an oracle.
    yardstick : Path or None
        The program to be compared with.
    """

    name: str
    seed: int
    path: Path
    commands: RecordArray
    preload: int
    trades_sha256: str | None
    yardstick: Path | None
    accounts: int = ACCOUNTS

    @property
    def books(self) -> int:
        """Instruments, numbered from 0."""
        return int(self.commands["instrument"].max()) + 1

    @property
    def timed(self) -> int:
        """Commands after the preload."""
        return len(self.commands) - self.preload

    def yardstick_ns(self) -> float | None:
        """Run the yardstick and return its processor time a command, the best of three passes."""
        if self.yardstick is None:
            return None
        command = [str(self.yardstick), str(self.path), str(self.preload)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return float(said.split()[-1])


class TapeMaker:
    """Makes tapes and keeps their files.

    Parameters
    ----------
    sources
        Directory of generate.cpp and yardstick.cpp.
    cache
        Where programs and streams are kept.
    """

    def __init__(self, sources: Path, cache: Path) -> None:
        self.sources = sources
        self.cache = cache
        self.last: tuple[tuple[str, int, int, int], Tape] | None = None

    @property
    def lack(self) -> str | None:
        """Why there is no oracle and no yardstick, None when there are."""
        for name in ("generate.cpp", "yardstick.cpp"):
            if not (self.sources / name).is_file():
                return f"{name} was not in {self.sources} (--workload-dir)"
        return None if compiler() is not None else "no C++ compiler was found (CXX)"

    def tape(self, name: str, commands: int, seed: int, accounts: int = ACCOUNTS) -> Tape:
        """Return the tape of that many commands after the preload."""
        key = (name, commands, seed, accounts)
        if self.last is None or self.last[0] != key:
            self.last = None  # a deep one has 256 MB: never two at once
            make = self._generated if self.lack is None else self._own
            self.last = key, make(name, commands, seed, accounts)
        return self.last[1]

    def _generated(self, name: str, commands: int, seed: int, accounts: int) -> Tape:
        generator = compiled(self.sources / "generate.cpp", GENERATOR_FLAGS, self.cache)
        prefix = generator.parent / f"{name}-{commands}-{seed}-{accounts}"
        path, trades = prefix.with_suffix(".bin"), prefix.with_suffix(".trades")
        if not path.exists() or not trades.exists():
            half = prefix.with_name(f"{prefix.name}-half")
            arguments = [name, str(commands), str(seed), str(half), str(accounts)]
            subprocess.run([str(generator), *arguments], check=True, stdout=subprocess.DEVNULL)
            half.with_suffix(".trades").replace(trades)
            half.with_suffix(".bin").replace(path)
        digest = hashlib.sha256(trades.read_bytes()).hexdigest()
        yardstick = compiled(self.sources / "yardstick.cpp", YARDSTICK_FLAGS, self.cache)
        preload = PRELOAD[name]
        return Tape(name, seed, path, read_commands(path), preload, digest, yardstick, accounts)

    def _own(self, name: str, commands: int, seed: int, accounts: int) -> Tape:
        path = self.cache / f"own-{name}-{commands}-{seed}-{accounts}.bin"
        if not path.exists():
            made = workload(name, commands, seed=seed, accounts=accounts)
            write_commands(path, made.commands)
        return Tape(name, seed, path, read_commands(path), PRELOAD[name], None, None, accounts)
