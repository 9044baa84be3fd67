"""The collector of cyclic garbage rests while a batch is grouped."""

from __future__ import annotations

import gc

import pytest

from incidents.collector import collector_paused


def test_it_rests_inside_and_goes_on_behind() -> None:
    """Also where a pause lies in another, and where something went wrong."""
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ValueError, match="wrong"), collector_paused():
        raise ValueError("wrong")
    assert gc.isenabled()
