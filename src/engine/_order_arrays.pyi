"""What Python sees of the arrays of orders: nothing but what Cython exports to other modules."""

__pyx_capi__: dict[str, object]
