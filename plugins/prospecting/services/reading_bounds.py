"""How long reading one answer may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadingBounds:
    """How long reading one answer may take.

    Answers of up to ``short`` characters are read in place: the worst texts known take less than a second. Longer ones
    may take ``cpu_seconds``, and ``cpu_seconds_per_million`` more for every million characters, up to
    ``most_cpu_seconds``; usual records take one to four seconds a million. Answers longer than ``longest`` are refused
    unread.
    """

    short: int = 8_000
    longest: int = 32_000_000
    cpu_seconds: float = 10.0
    cpu_seconds_per_million: float = 20.0
    most_cpu_seconds: float = 60.0

    def cpu_seconds_for(self, size: int) -> float:
        """Seconds of CPU time for an answer of ``size`` characters."""
        return min(self.cpu_seconds + self.cpu_seconds_per_million * size / 1_000_000, self.most_cpu_seconds)


USUAL = ReadingBounds()
