"""Ids and titles of the public catalogues that rules refer to.

Sources: OWASP Top 10 for Agentic Applications 2026 (published December 2025); OWASP MCP Top 10 2025 (beta v0.1); OWASP
Agentic Skills Top 10 (v1.0, 2026); MITRE ATLAS, data release of May 2026; CWE 4.x. Of all but the first, only entries
that a rule or detector refers to are listed.
"""

OWASP_AGENTIC: dict[str, str] = {
    "ASI01": "Agent Goal Hijack",
    "ASI02": "Tool Misuse and Exploitation",
    "ASI03": "Identity and Privilege Abuse",
    "ASI04": "Agentic Supply Chain Vulnerabilities",
    "ASI05": "Unexpected Code Execution",
    "ASI06": "Memory & Context Poisoning",
    "ASI07": "Insecure Inter-Agent Communication",
    "ASI08": "Cascading Failures",
    "ASI09": "Human-Agent Trust Exploitation",
    "ASI10": "Rogue Agents",
}

OWASP_MCP: dict[str, str] = {
    "MCP01": "Token Mismanagement & Secret Exposure",
    "MCP02": "Privilege Escalation via Scope Creep",
    "MCP04": "Software Supply Chain Attacks & Dependency Tampering",
    "MCP05": "Command Injection & Execution",
    "MCP06": "Intent Flow Subversion",
    "MCP08": "Lack of Audit & Telemetry",
}

OWASP_SKILLS: dict[str, str] = {
    "AST01": "Malicious Skills",
    "AST02": "Supply Chain Compromise",
}

CWE: dict[str, str] = {
    "CWE-78": "Improper Neutralization of Special Elements used in an OS Command ('OS Command Injection')",
    "CWE-250": "Execution with Unnecessary Privileges",
    "CWE-312": "Cleartext Storage of Sensitive Information",
    "CWE-451": "User Interface (UI) Misrepresentation of Critical Information",
    "CWE-494": "Download of Code Without Integrity Check",
    "CWE-552": "Files or Directories Accessible to External Parties",
}

MITRE_ATLAS: dict[str, str] = {
    "AML.TA0015": "Lateral Movement",
    "AML.T0010.005": "AI Supply Chain Compromise: AI Agent Tool",
    "AML.T0034.002": "Cost Harvesting: Agentic Resource Consumption",
    "AML.T0050": "Command and Scripting Interpreter",
    "AML.T0051.001": "LLM Prompt Injection: Indirect",
    "AML.T0053": "AI Agent Tool Invocation",
    "AML.T0055": "Unsecured Credentials",
    "AML.T0080": "AI Agent Context Poisoning",
    "AML.T0081": "Modify AI Agent Configuration",
    "AML.T0083": "Credentials from AI Agent Configuration",
    "AML.T0084.001": "Discover AI Agent Configuration: Tool Definitions",
    "AML.T0085.001": "Data from AI Services: AI Agent Tools",
    "AML.T0086": "Exfiltration via AI Agent Tool Invocation",
    "AML.T0091.000": "Use Alternate Authentication Material: Application Access Token",
    "AML.T0093": "Prompt Infiltration via Public-Facing Application",
    "AML.T0098": "AI Agent Tool Credential Harvesting",
    "AML.T0101": "Data Destruction via AI Agent Tool Invocation",
    "AML.T0103": "Deploy AI Agent",
    "AML.T0105": "Escape to Host",
    "AML.T0109": "AI Supply Chain Rug Pull",
    "AML.T0110": "AI Agent Tool Poisoning",
}


_TITLES = {**OWASP_AGENTIC, **OWASP_MCP, **OWASP_SKILLS, **MITRE_ATLAS, **CWE}


def title(reference: str) -> str:
    """Return the title of an id such as "ASI02" or "AML.T0086". Raises KeyError for an id that is not listed."""
    return _TITLES[reference]
