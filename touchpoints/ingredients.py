"""What a product contains, and how customers say that they must not have it."""

from collections.abc import Collection, Iterable

from commerce.marks import listed
from commerce.models import Product
from customers.models import Fact

# The word in a product's `contains` → the words of people.
SAID = {
    "wool": ("羊毛", "wool"), "cashmere": ("羊绒", "羊絨", "cashmere"), "down": ("羽绒", "羽絨", "down"),
    "nuts": ("坚果", "堅果", "核桃", "nut"), "peanuts": ("花生", "peanut"), "milk": ("乳糖", "牛奶", "milk", "lactose"),
    "latex": ("乳胶", "乳膠", "latex"), "nickel": ("镍", "鎳", "金属", "金屬", "nickel", "metal"),
    "fragrance": ("香精", "香料", "fragrance", "perfume"),
}  # fmt: skip


def avoided(facts: Iterable[Fact]) -> list[str]:
    """What is to be kept away from a customer, by what was told as a matter of safety."""
    said = " ".join(fact.value for fact in facts if fact.concern == Fact.Concern.SAFETY).lower()
    return [code for code, words in SAID.items() if code in said or any(word in said for word in words)]


def holds(product: Product, avoid: Collection[str]) -> bool:
    """Whether the product is marked with, or named after, one of these."""
    if not avoid:
        return False
    marked = set(listed(product.attributes.get("contains")))
    names = " ".join(str(text) for text in product.name.values()).lower()
    return any(code in marked or any(word in names for word in SAID[code]) for code in avoid)
