"""Makes the options of tests/conformance, and pytest's own tester, known from everywhere."""

from __future__ import annotations

import sys
from pathlib import Path

# Plugins are imported by name, before any test directory is on the path.
sys.path.insert(0, str(Path(__file__).parent / "tests"))

pytest_plugins = ["conformance.plugin", "pytester"]
