"""A zip file whose bytes depend on its contents alone, and whose large entries can be put together from kept chunks.

Python's ``zipfile`` takes nothing that is deflated already, so entries are written here, and it adds their directory.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Protocol

from deckwright.files import digest

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every entry: the earliest a zip can hold, so that bytes do not depend on the clock."""
CHUNK, WINDOW = 1 << 18, 1 << 15
"""Bytes that are read and deflated at a time, and how far back deflating looks."""
LEVEL = 5
"""Of deflating: three quarters of the usual level's time for a fiftieth more bytes."""
DEFLATER = f"{zlib.ZLIB_RUNTIME_VERSION} {LEVEL}".encode()
"""What deflated bytes depend on besides what they were."""
LAST_BLOCK = b"\x03\x00"
"""An empty block, which ends a deflated stream."""
LARGE = 1 << 30
"""Bytes from which an entry gets the wider fields of a large zip."""


class ChunkStore(Protocol):
    """Deflated chunks kept from one build to the next, by the hash of what they were (``chunk_key``)."""

    def get_chunk(self, key: str) -> bytes | None:
        """Return a kept chunk, or None."""

    def put_chunk(self, key: str, chunk: bytes) -> None:
        """Keep a chunk for the next build."""


@dataclass
class _Written:
    """Size and checksum of what was added to an entry so far."""

    size: int = 0
    crc: int = 0

    def add(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        self.crc = zlib.crc32(chunk, self.crc)
        return chunk


class Archive(zipfile.ZipFile):
    """A zip file to write. A large entry is deflated in chunks, each of which looks back into the one before it."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, "w")
        self.file = file

    def store(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        """Add an entry of ``size`` bytes as it is."""
        written = _Written()
        self._add(name, zipfile.ZIP_STORED, size, map(written.add, chunks), written)

    def deflate(self, name: str, size: int, chunks: Iterable[bytes], kept: ChunkStore | None = None) -> None:
        """Add an entry of ``size`` bytes deflated, taking over the chunks that are ``kept``."""
        written = _Written()
        self._add(name, zipfile.ZIP_DEFLATED, size, _deflated(chunks, written, kept), written)

    def _add(self, name: str, method: int, size: int, chunks: Iterable[bytes], written: _Written) -> None:
        """Add an entry; when the chunks are through, ``written`` knows its size and checksum."""
        entry = zipfile.ZipInfo(name, EPOCH)
        entry.compress_type, entry.create_system, entry.external_attr = method, 3, 0o644 << 16
        entry.header_offset, entry.CRC = self.start_dir, 0
        if size <= CHUNK:  # its checksum is known before it is written
            chunks = [b"".join(chunks)]
            entry.compress_size, entry.file_size, entry.CRC = len(chunks[0]), written.size, written.crc
        self.file.write(entry.FileHeader(size >= LARGE))
        entry.compress_size = sum(map(self.file.write, chunks))
        self.start_dir = self.file.tell()
        if size > CHUNK:
            entry.file_size, entry.CRC = written.size, written.crc
            self.file.seek(entry.header_offset)
            self.file.write(entry.FileHeader(size >= LARGE))
            self.file.seek(self.start_dir)
        self.filelist.append(entry)
        self.NameToInfo[name] = entry


def _deflated(chunks: Iterable[bytes], written: _Written, kept: ChunkStore | None) -> Iterator[bytes]:
    before = b""
    for chunk in chunks:
        key = chunk_key(written.add(chunk), before)
        deflated = kept.get_chunk(key) if kept else None
        if deflated is None:
            deflating = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS, zdict=before)
            deflated = deflating.compress(chunk) + deflating.flush(zlib.Z_SYNC_FLUSH)
            if kept:
                kept.put_chunk(key, deflated)
        yield deflated
        before = chunk[-WINDOW:]
    yield LAST_BLOCK


def chunk_key(chunk: bytes, before: bytes) -> str:
    """Return a hash of all that a chunk's deflated bytes depend on; ``before`` is the end of the chunk before."""
    return digest(DEFLATER, before, chunk).hex()


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """Read a file from its position on, ``CHUNK`` bytes at a time."""
    return iter(lambda: file.read(CHUNK), b"")


def size_of(file: IO[bytes]) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size
