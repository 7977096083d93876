"""The converter that changes nothing."""

import numpy as np

from contract import StageContract, run
from voxhumana.convert.identity import Identity


class TestIdentity(StageContract):
    def make(self):
        return Identity()

    def test_it_returns_its_input_exactly_delayed_by_what_it_declares(self, stage, sound, whole):
        np.testing.assert_array_equal(whole, np.concatenate([np.zeros(stage.latency, np.float32), sound]))

    def test_it_holds_nothing_back(self, stage, sound):
        assert run(stage.open(), sound[:1]).tolist() == sound[:1].tolist()
