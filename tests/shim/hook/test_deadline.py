"""An enforcing hook ends in time, wherever it waits."""

import os
import signal

import pytest

from agentsentinel_shim.hook.deadline import Deadline


def test_what_never_ends_is_ended() -> None:
    read, write = os.pipe()
    with pytest.raises(TimeoutError), Deadline(0.05):
        os.read(read, 1)
    os.close(read)
    os.close(write)


def test_nothing_is_left_of_it_after_its_block() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with Deadline(3600):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 0
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) == before
