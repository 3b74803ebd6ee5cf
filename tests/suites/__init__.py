"""Tests of the suites: that their verdicts mean something."""
