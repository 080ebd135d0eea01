"""The bank of questions: by scene, a new one, its words and answers, taking it out of use."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from customers.models import NeedKind, Scene, TagDimension
from journeys import bank
from journeys.map_forms import AnswerForm, QuestionForm
from journeys.models import Question, QuestionAnswer
from scrm.kernel.refusals import TransitionRefused
from staff.doors import StaffRequest, door


@door("map.read")
def index(request: StaffRequest) -> HttpResponse:
    context = {"scenes": bank.by_scene(), "may_change": request.user.may("question.change")}
    return render(request, "journeys/questions/index.html", context)


@door("question.change")
def create(request: StaffRequest) -> HttpResponse:
    form = QuestionForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        said = form.cleaned_data
        try:
            made = bank.make(said["code"], form.words, by=request.user, scene=Scene.objects.get(code=said["scene"]),
                             dimension=TagDimension.objects.get(code=said["dimension"]))  # fmt: skip
        except TransitionRefused as refusal:
            form.add_error("code", str(refusal))
        else:
            return redirect("journeys:question", made.code)
    return render(request, "journeys/questions/new.html", {"form": form}, status=422 if form.errors else 200)


@door("question.change")
def edit(request: StaffRequest, code: str) -> HttpResponse:
    """One question: an answer added, changed (it keeps its value), or taken out; the question retired or back."""
    rows = Question.objects.select_related("scene", "dimension")
    question = get_object_or_404(rows, code=code)
    if request.method != "POST":
        return _page(request, question)
    do, form = request.POST.get("do", ""), AnswerForm(request.POST)
    try:
        if do == "answer" and form.is_valid():
            need = NeedKind.objects.filter(code=form.cleaned_data["need"]).first()
            bank.put_answer(question, form.cleaned_data["value"], form.words, need=need, by=request.user)
        elif do == "remove":
            bank.retire_answer(_answer(question, request.POST.get("value", "")), by=request.user)
        elif do in ("retire", "restore"):
            bank.retire(question, by=request.user, back=do == "restore")
        else:
            wrong = next(iter(form.errors.values()))[0] if do == "answer" else ""
            return _page(request, question, form if wrong else None, str(wrong) or bank.not_offered())
    except TransitionRefused as refusal:
        return _page(request, question, form if do == "answer" else None, str(refusal))
    return redirect("journeys:question", code)


def _answer(question: Question, value: str) -> QuestionAnswer:
    return get_object_or_404(QuestionAnswer, question=question, value=value.replace("\0", "")[:60])


def _page(request: StaffRequest, question: Question, form: AnswerForm | None = None, trouble: str = "") -> HttpResponse:
    question.refresh_from_db(fields=["retired_at"])
    context = {"question": question, "answers": question.answers.filter(retired_at=None).select_related("need"),
               "form": form or AnswerForm(), "trouble": trouble, "values": question.dimension.values.all()}  # fmt: skip
    return render(request, "journeys/questions/edit.html", context, status=422 if trouble else 200)


@door("question.change")
@require_POST
def move(request: StaffRequest, code: str) -> HttpResponse:
    """One place up among the questions of its scene."""
    bank.move_up(get_object_or_404(Question, code=code))
    return redirect("journeys:questions")
