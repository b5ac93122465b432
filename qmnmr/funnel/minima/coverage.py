"""What a search has missed, estimated from what two independent sources found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SOURCES = 2


@dataclass(slots=True, kw_only=True)
class Captures:
    """How often each source came to one minimum."""

    counts: list[int]  # (SOURCES,)

    @property
    def total(self) -> int:
        """Return how often the minimum was found."""
        return sum(self.counts)


def missed_population(populations: Sequence[float], captures: Sequence[Captures]) -> float:
    """Return the estimated share of the population, found and not found, that lies in minima nobody found.

    The largest of four. What was found once, as much as the next finds would bring (Good, Biometrika 1953, 40, 237,
    with populations in the place of counts). Half of what was found twice: it was nearly missed as well. Capture and
    recapture: a source found the share c of what the other found, so both missed (1 - c)(1 - c') (Lincoln and
    Petersen, by population). And half a find in all finds, as if the next one were new: no search knows better.
    `populations` are those of the found minima and sum to one.

    Tried on draws from known populations (minima within 3 kcal/mol, 0.5 to 10 finds for each and source, chances that
    go as powers 0.3 to 1 of the population with a scatter of 0.5 to 1 in their logarithm): the truth is above twice
    the estimate in 2 % of the cases with 150 minima, 6 % with 60, 13 % with 15.
    """
    finds = sum(c.total for c in captures)
    if finds == 0:
        return 1.0
    by_source = [_share(populations, [c.counts[k] > 0 for c in captures]) for k in range(SOURCES)]
    by_both = _share(populations, [min(c.counts) > 0 for c in captures])
    recaptured = 1.0
    for share in by_source:
        recaptured *= 1.0 - (by_both / share if share > 0 else 0.0)
    once = _share(populations, [c.total == 1 for c in captures])
    twice = _share(populations, [c.total == 2 for c in captures])
    return min(1.0, max(recaptured, once, 0.5 * twice, 0.5 / finds))


def _share(populations: Sequence[float], counts: Sequence[bool]) -> float:
    return sum(p for p, count in zip(populations, counts, strict=True) if count)
