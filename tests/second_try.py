"""Names the tests that failed, and passed when they were tried again: `pytest`, then `pytest --lf`."""

import pytest

FAILED = pytest.StashKey[set[str]]()


def pytest_configure(config):
    again = config.getoption("lf", default=False)
    config.stash[FAILED] = set(config.cache.get("cache/lastfailed", {})) if again else set()


def pytest_terminal_summary(terminalreporter, config):
    passed = {report.nodeid for report in terminalreporter.stats.get("passed", []) if report.when == "call"}
    if racy := sorted(passed & config.stash[FAILED]):
        terminalreporter.write_line(f"passed on the second try: {', '.join(racy)}", yellow=True)
