from django.urls import path

from tickets.views import articles, case_articles, help, sheets, suggestions

app_name = "knowledge"

urlpatterns = [
    path("help/", help.index, name="help"),
    path("help/<slug:code>/", help.show, name="help_article"),
    path("knowledge/", articles.index, name="index"),
    path("knowledge/new/", articles.new, name="new"),
    path("knowledge/case/", case_articles.new, name="from_case"),
    path("knowledge/compare/", sheets.compare, name="compare"),
    path("knowledge/suggest/", suggestions.suggest, name="suggest"),
    path("knowledge/<slug:code>/helped/", suggestions.vote, name="vote"),
    path("knowledge/<slug:code>/", articles.show, name="show"),
    path("knowledge/<slug:code>/write/", articles.write, name="write"),
    path("knowledge/<slug:code>/<slug:verb>/", articles.turn, name="turn"),
]
