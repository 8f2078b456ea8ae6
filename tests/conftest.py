"""Options of the tests."""

import pytest

pytest.register_assert_rewrite("command_line", "pages")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let who works on one benchmark try its cases only."""
    parser.addoption(
        "--cases",
        action="append",
        default=[],
        metavar="PATTERN",
        help="of the native code's tests, try only these cases, as `pkbench list` takes them",
    )
