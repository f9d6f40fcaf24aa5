"""How long to wait before the next try: doubling for each failure in a row, with some chance in it.

The chance keeps two replicas, or a thousand objects that failed for one reason, from coming back at one moment.
"""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """``first_s`` after the first failure, doubling, never above ``most_s``; each up to a tenth more or less."""

    first_s: float = 0.01
    most_s: float = 60.0

    def delay_s(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row (0: none)."""
        if failures <= 0:
            return 0.0
        # 2**60 first steps are beyond any limit; the exponent is bounded, as failures aren't.
        plain = min(self.most_s, self.first_s * 2.0 ** min(failures - 1, 60))
        return min(self.most_s, plain * random.uniform(0.9, 1.1))
