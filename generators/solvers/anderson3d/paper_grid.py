"""The strengths of the disorder in Bayo et al., J. Phys. Soc. Jpn. 94, 031002 (2025), section 4.

The paper gives 15, 15.25, …, 16, 16.2, …, 17, 17.25, …, 18 and that they are 17: so there are seven
from 16.2 on before 17, for which steps of 0.1 up to 16.8 are taken.
"""

from __future__ import annotations

#: w [hopping].
DISORDERS = (
    15.0, 15.25, 15.5, 15.75,
    16.0, 16.2, 16.3, 16.4, 16.5, 16.6, 16.7, 16.8,
    17.0, 17.25, 17.5, 17.75, 18.0,
)  # fmt: skip
#: Of the three states that Fig. 3 shows.
SHOWN = (14.0, 16.5, 19.0)
#: w_c of states at E = 0, to which the paper refers.
CRITICAL = 16.57
