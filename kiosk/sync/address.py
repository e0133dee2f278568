"""Where the server is, and the key that this terminal shows there."""

from urllib.parse import urlsplit

import msgspec


class ServerAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The server's address, the terminal's key, and how long to wait for it, in seconds.

    `url` is such as `https://parking.example` (a path in front of the server is allowed), `authorities` a
    file with the certificates to trust (PEM; empty: those of the system). A connection is made within
    `connect_s`; a reservation, for which a customer waits, is answered within `answer_s` after that; a page
    of books or a batch of facts within `page_s`, and never after `silence_s` without a byte.
    """

    url: str
    key: str
    authorities: str = ""
    connect_s: float = 1.0
    answer_s: float = 2.0
    silence_s: float = 10.0
    page_s: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what cannot be an address or a key.

        Raises:
            ValueError: which of them, and what is expected.
        """
        _check_url(self.url)
        if not self.key or not self.key.isascii() or not self.key.isprintable() or " " in self.key:
            raise ValueError(
                "the terminal's key must be printable ASCII without spaces, as the server gave it out"
            )
        for name in ("connect_s", "answer_s", "silence_s", "page_s"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be more than 0 seconds")

    def __repr__(self) -> str:
        """Without the key, which must not get into a log."""
        return f"ServerAddress(url={self.url!r}, key=...)"

    @property
    def base(self) -> str:
        """The address to put a path behind."""
        return self.url.rstrip("/")


def _check_url(url: str) -> None:
    expected = f"{url[:100]!a} is no address of a server; expected such as https://parking.example:8443"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{expected} ({error})") from None
    del port  # reading it is what checks it
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii():
        raise ValueError(expected)
    if parts.username or parts.query or parts.fragment or not url.isprintable() or " " in url:
        raise ValueError(f"{expected} (no user, no query, no fragment, no spaces)")
