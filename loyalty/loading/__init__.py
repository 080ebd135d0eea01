"""The files of a former loyalty system: campaigns, coupons and what became of them, balances of points."""
