"""New goods first: the advisor's list of whom to tell, and what operators announce."""

from collections.abc import Callable

from django.db.models import Count, Exists, OuterRef, Prefetch, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from commerce.models import Product
from customers.doors import visible_customer
from customers.models import Customer
from journeys.models import EarlyWord, Release, ServicePackage
from journeys.models.cover import covered_clients
from journeys.release_forms import ReleaseForm
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door

MOST_RELEASES, MOST_CLIENTS = 6, 200


@door("clients.read")
def index(request: StaffRequest) -> HttpResponse:
    """Whom of the own clients to tell before everybody else, per release, those not told first."""
    return _early(request)


@door("clients.read")
@require_POST
def tell(request: StaffRequest, number: str, release_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    release = get_object_or_404(Release, pk=release_id)
    said = request.POST.get("said", "").replace("\0", "")
    return _done(request, lambda: EarlyWord.tell(release, customer, by=request.user, said=said))


@door("clients.read")
@require_POST
def take_back(request: StaffRequest, number: str, release_id: int) -> HttpResponse:
    customer = visible_customer(request, number)
    rows = EarlyWord.objects.filter(release=release_id, customer=customer).select_related("customer", "release")
    # Records that were joined may each have brought a word.
    word = rows.filter(by=request.user).order_by("-at", "-pk").first() or rows.first()
    if word is None:
        raise Http404
    return _done(request, lambda: word.take_back(by=request.user))


@door("package.change")
def manage(request: StaffRequest) -> HttpResponse:
    """What was announced, and a new one."""
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        package = get_object_or_404(ServicePackage, code=said["package"])
        Release.announce(form.name, said["products"], package, opens_at=said["opens_at"], hours=said["hours"],
                         by=request.user)  # fmt: skip
        return redirect("journeys:releases")
    return _manage(request, form)


@door("package.change")
@require_POST
def call_off(request: StaffRequest, release_id: int) -> HttpResponse:
    release = get_object_or_404(Release, pk=release_id)
    try:
        release.call_off()
    except TransitionRefused as refusal:
        context = {
            "form": ReleaseForm(),
            "trouble": str(refusal),
            "rows": Release.objects.select_related("package")[:50],
        }
        return render(request, "journeys/releases/manage.html", context, status=422)
    return redirect("journeys:releases")


def _manage(request: StaffRequest, form: ReleaseForm, *, trouble: str = "") -> HttpResponse:
    context = {"form": form, "trouble": trouble, "rows": Release.objects.select_related("package")[:50]}
    refused = bool(trouble or form.errors)
    return render(request, "journeys/releases/manage.html", context, status=422 if refused else 200)


def _done(request: StaffRequest, deed: Callable[[], object]) -> HttpResponse:
    try:
        deed()
    except TransitionRefused as refusal:
        return _early(request, trouble=str(refusal))
    return redirect("journeys:early")


def _early(request: StaffRequest, *, trouble: str = "") -> HttpResponse:
    releases = list(Release.objects.ahead().select_related("package").order_by("opens_at")[:MOST_RELEASES])
    codes = {code for each in releases for code in each.products}
    # An article is called by one of its sizes and colours where it has no row of its own.
    pieces = Product.objects.filter(Q(code__in=codes) | Q(parent__in=codes)).order_by("-code")
    names: dict[str, Product] = {}
    for piece in sorted(pieces, key=lambda piece: piece.code in codes):
        names[piece.code if piece.code in codes else piece.parent] = piece
    mine = Q(advisor=request.user) | covered_clients(request.user)
    clients = Customer.objects.visible_to(request.user).filter(mine)
    shown = []
    for release in releases:
        words = EarlyWord.objects.filter(release=release).select_related("by")
        heard = Exists(EarlyWord.objects.filter(release=release, customer=OuterRef("pk")))
        people = release.first_ones().filter(pk__in=clients.values("pk")).annotate(heard=heard)
        told = Prefetch("early_words", queryset=words, to_attr="first_words")
        rows = list(people.prefetch_related(told).order_by("heard", "pk")[:MOST_CLIENTS])
        shown.append({
            "release": release, "products": [str(names.get(code, code)) for code in release.products], "rows": rows,
            **people.aggregate(people=Count("pk"), told=Count("pk", filter=Q(heard=True))),
        })  # fmt: skip
    context = {"shown": shown, "trouble": trouble, "me": request.user.pk, "words": _("What came of it, if anything")}
    return render(request, "journeys/releases/early.html", context, status=422 if trouble else 200)
