"""The registry of all session detectors; the constants of the combination name them by id."""

from agentsentinel_core.behavior.sessions.detector import SessionDetector
from agentsentinel_core.behavior.sessions.detectors.fast_pace import FastPace
from agentsentinel_core.behavior.sessions.detectors.long_session import LongSession
from agentsentinel_core.behavior.sessions.detectors.many_tools import ManyTools
from agentsentinel_core.behavior.sessions.detectors.many_writes import ManyWrites
from agentsentinel_core.behavior.sessions.detectors.new_transitions import NewTransitions
from agentsentinel_core.behavior.sessions.detectors.new_triples import NewTriples
from agentsentinel_core.behavior.sessions.detectors.read_to_write import ReadToWrite
from agentsentinel_core.behavior.sessions.detectors.recurring_novelty import RecurringNovelty
from agentsentinel_core.behavior.sessions.detectors.recurring_writes import RecurringWrites
from agentsentinel_core.behavior.sessions.detectors.repeated_call import RepeatedCall
from agentsentinel_core.behavior.sessions.detectors.repeated_tool import RepeatedTool
from agentsentinel_core.behavior.sessions.detectors.ungranted_tool import UngrantedTool
from agentsentinel_core.behavior.sessions.detectors.unknown_beginning import UnknownBeginning
from agentsentinel_core.behavior.sessions.detectors.unknown_windows import UnknownWindows
from agentsentinel_core.behavior.sessions.detectors.unlike_itself import UnlikeItself
from agentsentinel_core.behavior.sessions.detectors.unlike_peers import UnlikePeers
from agentsentinel_core.behavior.sessions.detectors.unusual_hour import UnusualHour

SESSION_DETECTORS: tuple[SessionDetector, ...] = (
    UngrantedTool(),
    FastPace(),
    RepeatedCall(),
    RepeatedTool(),
    UnusualHour(),
    ReadToWrite(),
    ManyWrites(),
    UnlikePeers(),
    UnlikeItself(),
    NewTransitions(),
    NewTriples(),
    UnknownBeginning(),
    UnknownWindows(),
    RecurringNovelty(),
    RecurringWrites(),
    LongSession(),
    ManyTools(),
)
