"""Which columns the trees of a ranker lean on."""

from collections.abc import Iterator

from rankers.model import Model


def importance(model: Model) -> dict[str, float]:
    """Return column -> its share of all that splits gained, the largest first; empty without trees."""
    gained: dict[str, float] = {}
    for text in model.stages:
        for name, gain in _splits(text):
            gained[name] = gained.get(name, 0.0) + gain
    total = sum(gained.values())
    ordered = sorted(gained.items(), key=lambda item: (-item[1], item[0]))
    return {name: gain / total for name, gain in ordered if gain > 0} if total > 0 else {}


def _splits(text: str) -> Iterator[tuple[str, float]]:
    """Yield the column and the gain of each split of a LightGBM text model."""
    names: list[str] = []
    features: list[int] = []
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key == "feature_names":
            names = value.split()
        elif key == "split_feature":
            features = [int(part) for part in value.split()]
        elif key == "split_gain":
            yield from zip((names[place] for place in features), map(float, value.split()), strict=True)
