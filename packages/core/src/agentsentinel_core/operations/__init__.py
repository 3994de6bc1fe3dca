"""What a tool call does with its tool, in one word: the programs of a shell line, the verbs of SQL, an action.

It loads no `re`, `typing` or `dataclasses`: `sentinel hook` starts for every tool call, and its time is that of its
imports.
"""
