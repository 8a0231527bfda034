"""Numbers among the options of a command line: what is none is told as it was written."""

from __future__ import annotations

import argparse
import math

__all__ = ["number", "whole_number"]


def number(text: str) -> float:
    """Return a finite number, or raise what argparse tells."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"was {text!r}, must be a number")
    return value


def whole_number(text: str) -> int:
    """Return a whole number, or raise what argparse tells."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"was {text!r}, must be a whole number") from None
