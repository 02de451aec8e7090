"""Raw text as counts of hashed words and word pairs (Weinberger et al., *Feature hashing*, 2009)."""

from typing import Any

from rca.demo.domain import Columns

BUCKETS = 2**14


def hashed(columns: Columns, column: str = "text") -> Any:
    """Return a sparse (N, BUCKETS) matrix, rows of length 1; a null text has no words; each is read once."""
    import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - loaded when a model is trained
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415

    texts = pa.array(columns[column], type=pa.string()).fill_null("").dictionary_encode()
    reader = HashingVectorizer(n_features=BUCKETS, ngram_range=(1, 2), alternate_sign=False)
    return reader.transform(texts.dictionary.to_pylist())[texts.indices.to_numpy()]
