"""Names of an extract: for addresses those of reports, too; for numbers that tell of payload, others."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from hashlib import blake2b

from analyzer.pseudonyms import Pseudonyms

ONES = 0xFFFF  # what sums of 16-bit numbers are taken modulo, RFC 1071


class Names(Pseudonyms):
    """The mapping of one extract."""

    def __init__(self, hosts: Iterable[bytes] = ()) -> None:
        """hosts: as of Pseudonyms."""
        super().__init__(hosts)
        self._key = secrets.token_bytes(16)  # forgotten with this object

    def disguised(self, difference: int) -> int:
        """Another number, up to 65534, for one that would tell of the payload; 0 for 0.

        The same for the same number, so that copies of a segment stay copies.
        """
        if not difference:
            return 0
        digest = blake2b(difference.to_bytes(2, "big"), key=self._key, digest_size=8).digest()
        return int.from_bytes(digest, "big") % (ONES - 1) + 1
