"""How a value is tidied, sealed, found again and masked."""

import pytest

from customers.actions import add_identity
from customers.models import Customer, Identity
from scrm.kernel.refusals import TransitionRefused


@pytest.mark.parametrize(
    ("typed", "tidy"),
    [
        ("19900001234", "+8619900001234"),
        ("１９９００００１２３４", "+8619900001234"),
        ("+86 199-0000-1234", "+8619900001234"),
        ("0086 19900001234", "+8619900001234"),
        ("+852 9123 1234", "+85291231234"),
        ("00000000000", ""),
        ("13800000000", ""),
        ("无", ""),
        ("null", ""),
    ],
)
def test_a_phone_has_one_spelling(typed: str, tidy: str) -> None:
    assert Identity.tidy("phone", typed) == tidy


def test_a_value_is_sealed_and_found_by_any_spelling(mei: Customer) -> None:
    found = Identity.objects.holding("phone", "199 0000 1234").get()

    assert found.customer == mei
    assert found.in_clear() == "+8619900001234"
    assert b"19900001234" not in bytes(found.sealed)
    assert (found.tail, found.hint) == ("1234", "199****1234")


def test_one_live_identity_belongs_to_one_customer(mei: Customer) -> None:
    other = Customer.objects.create(number="2", display_name="别人")

    with pytest.raises(TransitionRefused):
        add_identity(other, kind="phone", value="19900001234")

    assert not other.identities.exists()
