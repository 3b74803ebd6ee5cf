"""What all tests share."""

from hypothesis import settings

# Hypothesis' deadline is wall time, which says nothing on a busy machine; pytest-timeout guards against hangs. The same
# examples every time, so that a red run is about the change at hand; `--hypothesis-profile=explore` looks further.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("house")
