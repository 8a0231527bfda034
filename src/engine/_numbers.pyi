"""From Python numbers to the core's; most of it is for other compiled modules."""

__pyx_capi__: dict[str, object]

def plain_units(text: object, places: int) -> int | None: ...
