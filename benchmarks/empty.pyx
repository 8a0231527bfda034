# cython: language_level=3, binding=True, embedsignature=True
# cython: boundscheck=False, wraparound=False
"""Methods with the arguments of `OrderBook` and nothing in them: the floor of a call."""

cimport cython


@cython.final
cdef class Empty:
    """Takes what a book takes and does nothing."""

    def submit(
        self,
        side,
        price,
        quantity,
        order_id=0,
        account=0,
        *,
        order_type=0,
        time_in_force=0,
        flags=0,
        client_order_id=0,
        command_id=0,
        timestamp=0,
    ):
        """Do nothing."""

    def cancel(self, order_id, *, account=0, command_id=0, timestamp=0):
        """Do nothing."""

    def replace(self, order_id, price, quantity, *, account=0, command_id=0, timestamp=0):
        """Do nothing."""
