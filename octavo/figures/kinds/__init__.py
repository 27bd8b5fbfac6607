"""Know every kind of data figure by the name that an author writes after `kind`."""

from __future__ import annotations

from octavo.figures.kinds.argument import Argument
from octavo.figures.kinds.dots import GroupedDots, RankedDots
from octavo.figures.kinds.dumbbell import Dumbbell
from octavo.figures.kinds.kind import Content
from octavo.figures.kinds.space import Space
from octavo.figures.kinds.spectrum import Spectrum
from octavo.figures.kinds.timeline import Timeline

_ALL: tuple[type[Content], ...] = (Argument, Dumbbell, GroupedDots, RankedDots, Space, Spectrum, Timeline)
KINDS: dict[str, type[Content]] = {kind.name: kind for kind in _ALL}
