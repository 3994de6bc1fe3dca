"""The registry of all session detectors; the constants of the combination name them by id."""

from agentsentinel_core.behavior.sessions.detector import SessionDetector
from agentsentinel_core.behavior.sessions.detectors.new_company import NewCompany
from agentsentinel_core.behavior.sessions.detectors.new_transitions import NewTransitions
from agentsentinel_core.behavior.sessions.detectors.read_to_write import ReadToWrite
from agentsentinel_core.behavior.sessions.detectors.recurring_novelty import RecurringNovelty
from agentsentinel_core.behavior.sessions.detectors.recurring_writes import RecurringWrites
from agentsentinel_core.behavior.sessions.detectors.repeated_call import RepeatedCall
from agentsentinel_core.behavior.sessions.detectors.repeated_tool import RepeatedTool
from agentsentinel_core.behavior.sessions.detectors.reversed_order import ReversedOrder
from agentsentinel_core.behavior.sessions.detectors.sustained_pace import SustainedPace
from agentsentinel_core.behavior.sessions.detectors.ungranted_tool import UngrantedTool
from agentsentinel_core.behavior.sessions.detectors.unknown_beginning import UnknownBeginning
from agentsentinel_core.behavior.sessions.detectors.unknown_windows import UnknownWindows
from agentsentinel_core.behavior.sessions.detectors.unprepared_write import UnpreparedWrite
from agentsentinel_core.behavior.sessions.detectors.unusual_hour import UnusualHour

SESSION_DETECTORS: tuple[SessionDetector, ...] = (
    UngrantedTool(),
    RepeatedCall(),
    RepeatedTool(),
    UnusualHour(),
    ReadToWrite(),
    NewTransitions(),
    UnknownBeginning(),
    UnknownWindows(),
    RecurringNovelty(),
    RecurringWrites(),
    NewCompany(),
    ReversedOrder(),
    SustainedPace(),
    UnpreparedWrite(),
)
