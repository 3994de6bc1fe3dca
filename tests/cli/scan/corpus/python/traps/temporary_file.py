import subprocess
import sys


def check(tmp_path):
    path = tmp_path / "agent.py"
    path.write_text("from crewai.tools import tool\n\n@tool('Search')\ndef search(q): return q\n")
    assert subprocess.run([sys.executable, str(path)]).returncode == 0
