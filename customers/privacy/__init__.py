"""What a person may ask of us: to be told what we hold, and to be forgotten.

Rooms register what they hold (`subject_parts`) and how they let go of it (`erasures`) in `scrm.kernel.registry`.
"""

from customers.privacy.erasing import Person, erase, replay
from customers.privacy.exporting import held_about

__all__ = ["Person", "erase", "held_about", "replay"]
