"""What consumers of a feed take: an array of its messages, and nothing else."""

from __future__ import annotations

import numpy as np

from .._schema import FEED_DTYPE
from .._shown import shown
from ..errors import FeedError

__all__ = ["check_messages"]


def check_messages(messages: object) -> None:
    """Refuse what are no messages.

    Raises
    ------
    FeedError
        It is no array of FEED_DTYPE with one dimension.

    Examples
    --------
    >>> check_messages([])
    Traceback (most recent call last):
        ...
    engine.errors.FeedError: messages was [], must be an array of FEED_DTYPE with one dimension
    """
    is_array = isinstance(messages, np.ndarray) and messages.dtype == FEED_DTYPE
    if not is_array or messages.ndim != 1:  # type: ignore[attr-defined]
        raise FeedError(
            f"messages was {shown(messages)}, must be an array of FEED_DTYPE with one dimension"
        )
