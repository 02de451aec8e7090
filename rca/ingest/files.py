"""Which files a source has, what they are, and whether their content was seen before."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Format = Literal["parquet", "csv", "json"]

SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet",
    ".parq": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
}


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to land: its place, its path relative to the bundle (with `/`), and its content's digest."""

    path: Path
    name: str
    digest: str


def format_of(path: Path) -> Format | None:
    """Return the format that a file's name promises; None when it is none of ours."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz" and path.name.lower().endswith((".parquet.gz", ".pq.gz")):
        return None
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def is_hidden(path: Path, folder: Path) -> bool:
    """Return whether a file or one of its folders is hidden or a writer's marker (`.x`, `_SUCCESS`)."""
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def discover(folder: Path, source: str) -> tuple[list[Path], list[Path]]:
    """Return a source's readable files and the others: `<source>.<ext>` and everything under `<source>/`."""
    single = [path for path in sorted(folder.glob(f"{source}.*")) if path.is_file() and format_of(path)]
    nested = [path for path in sorted((folder / source).rglob("*")) if path.is_file() and not is_hidden(path, folder)]
    return single + [p for p in nested if format_of(p)], [p for p in nested if not format_of(p)]


def describe(folder: Path, paths: list[Path], salt: str, with_name: bool = False) -> list[SourceFile]:
    """Return the files with the digests of their content.

    Parameters
    ----------
    salt
        Text that keeps apart equal content of different sources and nodes.
    with_name
        Make the relative path part of the identity: a byte-identical copy under another name is then
        another batch (rows logged twice), not the same batch sent again.
    """
    names = [path.relative_to(folder).as_posix() for path in paths]
    salts = [f"{salt}\0{name}" if with_name else salt for name in names]
    # hashing releases the interpreter's lock, so large files are read side by side
    with ThreadPoolExecutor(max_workers=4) as pool:
        digests = list(pool.map(_digest, paths, salts))
    return [SourceFile(*parts) for parts in zip(paths, names, digests, strict=True)]


def _digest(path: Path, salt: str) -> str:
    with path.open("rb") as stream:
        content = hashlib.file_digest(stream, "sha256")
    return hashlib.blake2b(content.digest() + salt.encode(), digest_size=16).hexdigest()
