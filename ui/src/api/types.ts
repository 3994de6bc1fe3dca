/** Short names for the generated types of the API. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type AgentSummary = Schemas["AgentSummaryOut"];
export type AgentDetail = Schemas["AgentDetail"];
export type Agent = Schemas["AgentOut"];
export type Grant = Schemas["GrantOut"];
export type Connection = Schemas["ConnectionOut"];
export type Manifest = Schemas["ManifestOut"];
export type ManifestDetail = Schemas["ManifestDetail"];
export type ManifestDiff = Schemas["DefinitionDiffOut"];
export type ManifestItem = Schemas["ItemOut"];
export type Finding = Schemas["FindingOut"];
export type FindingOfAgent = Schemas["FindingOfAgentOut"];
export type FindingSummary = Schemas["FindingSummaryOut"];
export type FindingGroup = Schemas["FindingGroupOut"];
export type FindingPatch = Schemas["FindingPatch"];
export type FindingStep = Schemas["FindingStepOut"];
export type Rule = Schemas["RuleOut"];
export type Explanation = Schemas["ExplanationOut"];
export type Change = Schemas["ChangeOut"];
export type ScorePoint = Schemas["ScorePointOut"];
export type ToolActivity = Schemas["ToolActivityOut"];
export type Run = Schemas["RunOut"];
export type SessionDetail = Schemas["SessionDetailOut"];
export type SessionCall = Schemas["SessionCallOut"];
export type EventRecord = Schemas["EventOut"];
export type Key = Schemas["KeyOut"];
export type NewKey = Schemas["NewKeyOut"];
export type KeyRequest = Schemas["KeyIn"];
export type AuditEntry = Schemas["AuditOut"];
export type AuditAction = AuditEntry["action"];
export type OwnSession = Schemas["OwnSessionOut"];
export type SignInSession = Schemas["SessionOut"];
export type ServerSettings = Schemas["SettingsOut"];
export type AlertBudgets = Schemas["AlertBudgetsOut"];
export type AlertDestination = Schemas["DestinationOut"];
export type ToolClass = Schemas["ToolClassOut"];
export type CapabilityMap = Schemas["CapabilityMapOut"];
export type CapabilityPath = Schemas["PathOut"];
export type TestEvent = Schemas["TestEventIn"];
export type TestEventResult = Schemas["TestEventOut"];

export type Status = Agent["status"];
export type Severity = Finding["severity"];
export type FindingStatus = Finding["status"];
