"""Reading facts out of one file: `extract(path, data, wanted)` picks the language by the file's name.

`data` is the file's bytes; `wanted` are names of this file that others ask for (see `FileFacts.functions`). Extractors
are pure: nothing is opened, imported or executed, and no input makes them raise.
"""
