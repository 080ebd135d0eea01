"""Marks of products as files write them, and as rules read them."""

from commerce.marks import listed, typed


def test_marks_of_a_file_become_what_rules_read() -> None:
    assert typed({"contains": "wool, nuts；羊绒", "scenes": "yoga|home", "refill_days": "60", "off_sale": "false",
                  "past": "yes", "ean": "69"}) == {
        "contains": ["wool", "nuts", "羊绒"], "scenes": ["yoga", "home"], "refill_days": 60, "past": True, "ean": "69",
    }  # fmt: skip
    assert typed({"refill_days": "60 天", "contains": ["wool"]}) == {"contains": ["wool"]}
    assert typed({"refill_days": 60.5, "off_sale": True}) == {"off_sale": True}


def test_anything_is_a_list_or_none() -> None:
    assert listed(None) == listed(5) == listed("") == []
    assert listed(["a", " b "]) == ["a", "b"]
