"""Online guides: set up by operators, walked by visitors, counted step by step."""

from journeys.guides.funnel import Funnel, funnel_of
from journeys.guides.goods import Good, goods_of
from journeys.guides.setting_up import change, listed, make, retire
from journeys.guides.walking import hand_over, questions_left, recognise, state_of, take_coupon, told_of

__all__ = [
    "Funnel", "Good", "change", "funnel_of", "goods_of", "hand_over", "listed", "make", "questions_left", "recognise",
    "retire", "state_of", "take_coupon", "told_of",
]  # fmt: skip
