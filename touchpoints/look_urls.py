from django.urls import path

from touchpoints.views import look_items, look_letters, looks

app_name = "looks"

urlpatterns = [
    path("looks/", looks.index, name="index"),
    path("looks/<int:board_id>/", looks.show, name="show"),
    path("looks/<int:board_id>/words/", looks.update, name="words"),
    path("looks/<int:board_id>/share/", looks.share, name="share"),
    path("looks/<int:board_id>/send/", looks.send, name="send"),
    path("looks/<int:board_id>/turn/", looks.turn, name="turn"),
    path("looks/<int:board_id>/pieces/", look_items.create, name="add"),
    path("looks/<int:board_id>/pieces/<int:item_id>/", look_items.update, name="piece"),
    path("customers/<str:number>/looks/", looks.of_customer, name="of"),
    path("customers/<str:number>/looks/new/", looks.create, name="new"),
    path("l/<str:token>/", look_letters.mine, name="mine"),
]
