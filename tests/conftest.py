"""What all tests share."""

from hypothesis import settings

# Hypothesis' deadline is wall time, which says nothing on a busy machine; pytest-timeout guards against hangs.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
