"""What is open with a customer: needs heard, steps to take."""

from typing import Any

from django.db.models import Case, IntegerField, Q, Value, When

from customers.models import Customer, NeedKind, NeedLog, Scene, Task
from customers.step_forms import colleagues_of
from staff.models import User

NEEDS, TASKS, COLLEAGUES = 6, 8, 40


def next_steps(reader: User, customer: Customer) -> dict[str, Any]:
    """The block of needs and steps: what is open first, and what can be tapped."""
    needs = NeedLog.objects.filter(customer=customer, taken_back_at=None).select_related("kind", "scene", "heard_by")
    open_first = Case(When(state=Task.State.OPEN, then=Value(0)), default=Value(1), output_field=IntegerField())
    tasks = Task.objects.visible_to(reader).filter(customer=customer).select_related("owner")
    may = reader.may("fact.write")
    return {
        "needs": list(needs.order_by("-at")[:NEEDS]), "tasks": list(tasks.order_by(open_first, "due_on", "pk")[:TASKS]),
        "scenes": list(Scene.objects.filter(used=True)[:12]) if may else [],
        "kinds": list(NeedKind.objects.filter(used=True)[:12]) if may else [],
        "colleagues": list(colleagues_of(reader)[:COLLEAGUES]) if may else [], "may_write": may, "me": reader.pk,
    }  # fmt: skip


def own_tasks(reader: User, *, whose: str) -> Any:
    """Open steps: one's own, or of everybody on customers one may see."""
    tasks = Task.objects.open().select_related("customer", "owner")
    return tasks.visible_to(reader) if whose == "all" else tasks.filter(Q(owner=reader))
