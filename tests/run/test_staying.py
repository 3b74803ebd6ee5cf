"""What stays until the end of a run is not looked through for garbage, and everything else is again."""

import gc
import importlib

import pytest

from chaos.run.staying import staying


def test_what_stays_is_kept_apart_and_garbage_is_looked_for_again() -> None:
    before = gc.get_freeze_count()
    try:
        with staying():
            assert not gc.isenabled()
            made = [[n] for n in range(1000)]
        assert gc.isenabled()
        assert gc.get_freeze_count() >= before + len(made)
    finally:
        gc.unfreeze()


def test_an_import_that_fails_leaves_it_on() -> None:
    with pytest.raises(ModuleNotFoundError), staying():
        importlib.import_module("no_such_module")
    assert gc.isenabled()
    gc.unfreeze()
