"""Recency, frequency, money and the stage that follows, computed set-based from the orders.

`everybody` writes the table, `refresh` some customers by the last borders, `sweep_dirty` those whose orders
changed, `report` only tells; `why` says in sentences what a customer's classes follow from.
"""

from commerce.metrics.reasons import why
from commerce.metrics.report import report
from commerce.metrics.writing import everybody, refresh, sweep_dirty

__all__ = ["everybody", "refresh", "report", "sweep_dirty", "why"]
