"""What is inside a compressed file, as a stream: gzip, zstd, lz4, xz and bzip2, told by content.

One loop serves all: pieces of input go into the library's incremental decoder, output is asked for
in small amounts, so that no bomb fills the memory. Members and frames may follow each other. Data
that breaks off gives all that came before, damaged data up to 32 KiB less; the buffer it is read
into makes no difference.

Measured on 2 cores: isal's decoder gives 460 MB/s in this loop, igzip.open 470, igzip_threaded 450
(Python's zlib 190), so the loop that all formats share costs nothing. lz4 reads 2 times faster here
than through lz4.frame.open, zstd 1.2 times faster than through its stream_reader.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from analyzer.errors import MissingToolError
from analyzer.sources.inputs import Input
from analyzer.sources.window import StreamError

XZ_MEMORY = 1 << 27  # bytes; xz -9 needs 65 MiB, a damaged header may ask for 4 GiB
MOST_AT_ONCE = 1 << 15  # bytes out of a decoder: when it finds damage, what it had ready is lost
ZSTD_WINDOW = 1 << 27  # bytes; zstd's own default limit (--long=27)


class Decoder(Protocol):
    """What the decoders of isal, lz4, lzma and bz2 have in common."""

    @property
    def eof(self) -> bool:
        """The end of the member or frame was reached."""
        ...

    @property
    def needs_input(self) -> bool:
        """Nothing more comes out before something goes in."""
        ...

    @property
    def unused_data(self) -> bytes | None:
        """What was put in beyond that end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes: ...


@dataclass(frozen=True)
class Codec:
    """A compression: its magic numbers, how much input its decoder gets at a time, how to make one.

    A piece of input costs memory or time where it holds very many frames: see `gzip`, `zstd`.
    """

    name: str
    magics: tuple[bytes, ...]
    piece: int
    make: Callable[[], Decoder]


class ZstdDecoder:
    """zstandard's decompressobj: it hands out all there is at once, whatever was asked for."""

    needs_input = True

    def __init__(self, zstandard: Any) -> None:
        self.decoder = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW).decompressobj()

    @property
    def eof(self) -> bool:
        return bool(self.decoder.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self.decoder.unused_data)

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return bytes(self.decoder.decompress(data))


def _gzip() -> Any:
    from isal import igzip_lib

    return igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)


def _zstd() -> Any:
    import zstandard

    return ZstdDecoder(zstandard)


def _lz4() -> Any:
    import lz4.frame

    return lz4.frame.LZ4FrameDecompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


SKIPPABLE = tuple(bytes((low, 0x2A, 0x4D, 0x18)) for low in range(0x50, 0x60))  # RFC 8878 3.1.2

CODECS = (
    # every tiny member copies what is left of the piece
    Codec("gzip", (b"\x1f\x8b\x08",), 1 << 15, _gzip),
    # decompressobj takes no limit: 4 bytes can become 128 KiB, a piece at worst 64 MiB
    Codec("zstd", (b"\x28\xb5\x2f\xfd", *SKIPPABLE), 1 << 11, _zstd),
    Codec("lz4", (b"\x04\x22\x4d\x18", *SKIPPABLE), 1 << 16, _lz4),
    Codec("xz", (b"\xfd7zXZ\x00",), 1 << 16, _xz),
    Codec("bzip2", (b"BZh",), 1 << 16, _bzip2),
)
MAGIC_BYTES = 6


def codec_of(head: bytes) -> Codec | None:
    """The compression that begins like this."""
    return next((codec for codec in CODECS if head.startswith(codec.magics)), None)


class Decompressed:
    """The stream inside a compressed one, of which `head` was already read."""

    def __init__(self, compressed: Input, head: bytes, codec: Codec) -> None:
        self.compressed = compressed
        self.codec = codec
        self.held = head  # read and not yet given to a decoder
        self.decoder = self._decoder()
        self.starved = False  # lz4 may say it needs nothing and then give nothing
        self.ready = memoryview(b"")  # came out of it and was not yet delivered
        self.broken = ""

    def readinto(self, view: memoryview) -> int:
        """Fill `view`; raises StreamError once all that came before the damage was delivered.

        Of a pipe, or a file that grows, what there is: who follows it would else wait until `view` is full.
        """
        filled = 0
        while filled < len(view):
            if filled and not self.ready and self._waits():
                break
            if not self.ready and not self._go_on():
                break
            count = min(len(self.ready), len(view) - filled)
            view[filled : filled + count] = self.ready[:count]
            self.ready = self.ready[count:]
            filled += count
        if self.broken and not filled:
            raise StreamError(self.broken)
        return filled

    def _waits(self) -> bool:
        """Whether more has to be read, and may take its time."""
        hungry = self.decoder.needs_input or self.starved or self.decoder.eof
        return hungry and not self.held and self.compressed.size is None

    def _go_on(self) -> bool:
        """Make something ready; False at the end, or where the data is broken."""
        try:
            while not (self.broken or self.ready):
                if self.decoder.eof and not self._next_member():
                    return False
                self.ready = memoryview(self._decompress())
        except StreamError as error:
            self.broken = str(error)
        return not self.broken

    def close(self) -> None:
        self.compressed.close()

    def _decoder(self) -> Decoder:
        try:
            return self.codec.make()
        except ImportError as error:
            raise MissingToolError(
                f"to read {self.codec.name} data, {error.name} must be installed"
            ) from error

    def _decompress(self) -> bytes:
        data = b""
        if self.decoder.needs_input or self.starved:
            data = self._input()
            if not data:
                raise StreamError(f"the {self.codec.name} data is cut short")
        try:
            piece = self.decoder.decompress(data, MOST_AT_ONCE)
        except Exception as error:  # each library has its own; none has a common base
            raise StreamError(f"damaged {self.codec.name} data ({error})") from error
        self.starved = not (data or piece or self.decoder.eof)
        return piece

    def _input(self) -> bytes:
        """The next piece of compressed data, empty at its end; always as large as it can be.

        Where pieces end decides what is lost at damage, and must not depend on `head`. But of what may
        take its time `head` is a piece: there nobody knows when more comes.
        """
        piece, self.held = self.held[: self.codec.piece], self.held[self.codec.piece :]
        if piece and self.compressed.size is None:
            return piece
        return piece + self._read(self.codec.piece - len(piece))

    def _read(self, count: int) -> bytes:
        buffer = bytearray(count)
        return bytes(memoryview(buffer)[: self.compressed.readinto(memoryview(buffer))]) if count else b""

    def _next_member(self) -> bool:
        """Go on to the next member or frame, past padding with zeros; False at the end."""
        self.held = (self.decoder.unused_data or b"") + self.held  # lz4 says None for nothing
        while True:
            self.held = self.held.lstrip(b"\0")
            if len(self.held) >= MAGIC_BYTES or not (more := self._read(self.codec.piece)):
                break
            self.held += more
        if not self.held:
            return False
        if not self.held.startswith(self.codec.magics):
            raise StreamError(f"something else follows the {self.codec.name} data")
        self.decoder = self._decoder()
        return True
