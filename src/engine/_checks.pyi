"""What other compiled modules call; there is nothing for Python in it."""

__pyx_capi__: dict[str, object]
