"""Session risk: how unlike its agent's normal work each session is, judged by workers from the committed events."""
