"""Joining two records of one person, and taking them apart again, row for row.

`merge` and `unmerge` run every registered move (`scrm.kernel.registry.merge_moves`) in one transaction under
locks on both records; `gather` sends home what arrived at a joined record meanwhile; `preview` tells beforehand.
"""

from customers.merging.operations import gather, merge, suggest, unmerge
from customers.merging.preview import Preview, moved_by, preview

__all__ = ["Preview", "gather", "merge", "moved_by", "preview", "suggest", "unmerge"]
