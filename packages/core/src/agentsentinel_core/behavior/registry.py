"""The registry of all behaviour detectors."""

from agentsentinel_core.behavior.detector import Detector
from agentsentinel_core.behavior.detectors.call_burst import CallBurst
from agentsentinel_core.behavior.detectors.elevated_rate import ElevatedRate
from agentsentinel_core.behavior.detectors.first_call import FirstCall
from agentsentinel_core.behavior.detectors.no_baseline import NoBaseline

DETECTORS: tuple[Detector, ...] = (FirstCall(), NoBaseline(), CallBurst(), ElevatedRate())
