"""Load: files to a typed federation, or every finding of every file at once.

load_federation(folder) -> Federation          raises BadInput with all findings
read_folder(folder) -> Loaded                  the above with the documents, for checks between values
"""

from isthmus.load.federation import Loaded, load_federation, read_folder

__all__ = ["Loaded", "load_federation", "read_folder"]
