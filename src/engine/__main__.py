"""Run the command line: ``python -m engine``."""

import sys

from engine._cli import main

sys.exit(main())
