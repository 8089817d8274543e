"""Given what a resource should be, find the one that is there already, and its provider's id.

Used when a run was cut between an API's create and the state's write, when
existing things are adopted, and when state is lost.
"""

from isthmus.run.finders.found import Found, Wanted, known
from isthmus.run.finders.search import Search

__all__ = ["Found", "Search", "Wanted", "known"]
