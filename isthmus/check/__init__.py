"""Check: what must hold between values. One small module per subject; all findings at once.

check_federation(folder) -> Checked(federation | None, findings)
"""

from isthmus.check.run import Checked, check_federation, check_loaded

__all__ = ["Checked", "check_federation", "check_loaded"]
