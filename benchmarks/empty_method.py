"""The class of empty methods, compiled with the flags of the core in the run that measures it."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path
from typing import Any, Final

from compiled import MODULE_FLAGS, compiled, compiler

__all__ = ["empty_methods", "lack_of_empty_methods"]

SOURCE: Final = Path(__file__).with_name("empty.pyx")


def lack_of_empty_methods() -> str | None:
    """Return why they can't be compiled, None when they can."""
    if importlib.util.find_spec("Cython") is None:
        return "Cython was not installed"
    if compiler() is None:
        return "no C++ compiler was found (CXX)"
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        return "Python.h was not found"
    return None


def empty_methods(cache: Path) -> Any:
    """Return an instance of the class with `submit`, `cancel` and `replace` that do nothing."""
    compiler_main = importlib.import_module("Cython.Compiler.Main")
    translated = cache / f"cython-{sysconfig.get_config_var('SOABI')}" / "empty.cpp"
    translated.parent.mkdir(parents=True, exist_ok=True)
    result = compiler_main.compile(str(SOURCE), cplus=True, output_file=str(translated))
    assert result.num_errors == 0, f"Cython found {result.num_errors} errors in {SOURCE.name}"
    module = compiled(translated, MODULE_FLAGS, cache, sysconfig.get_config_var("EXT_SUFFIX"))
    spec = importlib.util.spec_from_file_location("empty", module)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded.Empty()
