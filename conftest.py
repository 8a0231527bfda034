"""Makes the options of tests/conformance known wherever pytest is started from."""

from __future__ import annotations

import sys
from pathlib import Path

# Plugins are imported by name, before any test directory is on the path.
sys.path.insert(0, str(Path(__file__).parent / "tests"))

pytest_plugins = ["conformance.plugin"]
