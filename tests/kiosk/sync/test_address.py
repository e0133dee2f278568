"""The server's address: what is accepted, and that the key stays out of words."""

import pytest

from kiosk.sync.address import ServerAddress


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "https://parking.example", "https://[::1]:8443/parking/"]
)
def test_addresses_that_are_accepted(url: str) -> None:
    assert not ServerAddress(url=url, key="k").base.endswith("/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "parking.example",
        "ftp://parking.example",
        "http://",
        "http://parking.example:99999",
        "http://parking.example:port",
        "http://[::1",
        "http://user@parking.example",
        "http://parking.example/?a=1",
        "http://parking.example/#a",
        "http://parking.example/a b",
        "http://parking.example/\n",
        "http://pärking.example",
    ],
)
def test_addresses_that_are_refused_with_an_example(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected such as https://parking\.example"):
        ServerAddress(url=url, key="k")


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "a\r\nX-Admin: 1"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="key must be printable ASCII") as refused:
        ServerAddress(url="http://127.0.0.1", key=key)
    assert not key or key not in str(refused.value)


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan")])
def test_a_time_out_must_be_a_time(seconds: float) -> None:
    with pytest.raises(ValueError, match="answer_s"):
        ServerAddress(url="http://127.0.0.1", key="k", answer_s=seconds)


def test_the_key_is_not_in_its_words() -> None:
    address = ServerAddress(url="http://127.0.0.1", key="geheim")
    assert "geheim" not in f"{address!r} {address}"
