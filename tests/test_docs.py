"""What is written about the code is compared with the code."""

from tools.draw_state_machine import PAGE, page


def test_the_page_of_the_state_machine_is_what_the_code_does() -> None:
    assert PAGE.read_text() == page(), "run .venv/bin/python -m tools.draw_state_machine"
