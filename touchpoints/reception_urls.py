from django.urls import path

from touchpoints.views import appointments, booking_letters, handovers, matches, queues, trials

app_name = "reception"

urlpatterns = [
    path("counter/serving/", handovers.serving, name="serving"),
    path("counter/customers/<str:number>/trials/", trials.index, name="trials"),
    path("counter/customers/<str:number>/trials/new/", trials.create, name="new_trial"),
    path("counter/customers/<str:number>/trials/<int:trial_id>/take-back/", trials.take_back, name="take_trial_back"),
    path("counter/customers/<str:number>/matches/", matches.index, name="matches"),
    path("counter/customers/<str:number>/matches/<str:code>/", matches.create, name="answer_match"),
    path("counter/visits/<int:visit_id>/hand-over/", handovers.create, name="hand_over"),
    path("appointments/", appointments.index, name="appointments"),
    path("appointments/<int:appointment_id>/", appointments.update, name="appointment"),
    path("appointments/<int:appointment_id>/move/", appointments.move, name="move_appointment"),
    path("customers/<str:number>/appointments/", appointments.new, name="book"),
    path("customers/<str:number>/appointments/new/", appointments.create, name="new_appointment"),
    path("customers/<str:number>/appointments/link/", appointments.send_link, name="booking_link"),
    path("c/<str:token>/book/", booking_letters.mine, name="my_booking"),
    path("queue/", queues.index, name="queue"),
    path("queue/new/", queues.create, name="new_number"),
    path("queue/next/", queues.call_next, name="call_next"),
    path("queue/<int:ticket_id>/", queues.update, name="number"),
    path("c/<str:token>/line/", queues.mine, name="my_number"),
]
