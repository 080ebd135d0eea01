"""Value and need, computed set-based from purchases, requests, cases, words and consents.

`everybody` writes the table, `refresh` some customers, `sweep_dirty` those of whom something was heard; `set_need`
and `take_back` are a person's word on the need; `why` says each figure in sentences.
"""

from journeys.outlook.deciding import set_need, take_back
from journeys.outlook.reasons import need_why, why
from journeys.outlook.writing import everybody, heard_of, refresh, sweep_dirty

__all__ = ["everybody", "heard_of", "need_why", "refresh", "set_need", "sweep_dirty", "take_back", "why"]
