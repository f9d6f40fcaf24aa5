from collections.abc import Callable, Iterable, Mapping, Sequence
from types import EllipsisType
from typing import Any, TypeAlias, final

from msgspec import Struct

_Bound: TypeAlias = "Callable[[str], bool] | frozenset[Any] | Plain | EllipsisType"

@final
class Plain:
    def __init__(
        self,
        kind: type[Struct],
        bounds: Mapping[str, _Bound],
        /,
        *,
        one_of: Iterable[str] = (),
        unique: str | None = None,
    ) -> None: ...
    def others(self, items: Sequence[Struct], /) -> Sequence[int]: ...
