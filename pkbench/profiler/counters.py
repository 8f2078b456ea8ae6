"""Count perf events of this process and of all that it starts, without the program perf."""

from pkbench import perf_event
from pkbench.perf_event import SOFTWARE, TRACEPOINT, reason_for
from pkbench.profiler.events import Event


class Counters:
    """One counter for each event, off until native code switches it on around a timed loop.

    They are opened before a case, so that its threads and processes inherit them.
    """

    def __init__(self, events: list[Event]) -> None:
        self.missing: dict[str, str] = {}  # quantity -> why it isn't counted
        self.user_only: set[str] = set()  # the counted quantities that leave out the kernel
        self._files: dict[str, int] = {}
        for event in events:
            if event.reason:
                self.missing[event.quantity] = event.reason
                continue
            try:
                self._files[event.quantity] = self._open(event)
            except OSError as error:
                self.missing[event.quantity] = reason_for(error.errno or 0)

    def _open(self, event: Event) -> int:
        """Open an event; count one of the CPU's in user mode only where the kernel is forbidden."""
        try:
            return _open(event, user_only=False)
        except PermissionError:
            if event.kind in {SOFTWARE, TRACEPOINT}:
                raise
            self.user_only.add(event.quantity)
            return _open(event, user_only=True)

    def read(self) -> dict[str, float]:
        """Return the counts so far, by quantity.

        A count whose event shared the CPU's counters with others is scaled up to the whole time
        (perf_event_open(2), PERF_FORMAT_TOTAL_TIME_RUNNING). An event that never had a counter is
        left out.
        """
        counts = {}
        for quantity, file in self._files.items():
            reading = perf_event.read(file)
            if reading.running:
                counts[quantity] = reading.value * max(1.0, reading.enabled / reading.running)
            elif not reading.enabled:
                counts[quantity] = 0.0  # nothing was timed yet
        return counts


def _open(event: Event, *, user_only: bool) -> int:
    return perf_event.open_inherited(
        event.kind, event.config, user_only=user_only, filter_=event.filter
    )
