"""The accounts shown on the first page; apart, for the house reads them without what draws a brand."""

PASSWORD = "songxu-demo-2026"  # noqa: S105 — printed on purpose, for a brand that does not exist
PRINTED = ["ke.chen", "ruoan.shen", "shu.lin", "qing.he", "yan.gu", "zhixing.lu", "qi.zhao", "lu.bai", "wen.jiang"]
