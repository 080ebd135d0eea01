from django.urls import path

from touchpoints.views import arrivals, calls, channels, files, hooks, outreach, sandbox, site, talks

app_name = "talks"

urlpatterns = [
    path("customers/<str:number>/talk/", talks.show, name="show"),
    path("customers/<str:number>/talk/new/", talks.create, name="create"),
    path("customers/<str:number>/talk/<int:message_id>/fact/", talks.tell, name="tell"),
    path("customers/<str:number>/talk/files/<int:file_id>/", files.show, name="file"),
    path("customers/<str:number>/contacts/", talks.contacts, name="contacts"),
    path("customers/<str:number>/contacts/new/", talks.contact, name="contact"),
    path("calls/", calls.show, name="calls"),
    path("outreach/", outreach.index, name="outreach"),
    path("channels/", channels.index, name="channels"),
    path("channels/arrivals/", arrivals.index, name="arrivals"),
    path("channels/arrivals/<int:arrival_id>/replay/", arrivals.replay, name="replay"),
    path("channels/<slug:code>/", channels.show, name="channel"),
    path("channels/<slug:code>/secrets/", channels.secrets, name="secrets"),
    path("channels/<slug:code>/hook/", channels.hook, name="make_hook"),
    path("channels/<slug:code>/switch/", channels.switch, name="switch"),
    path("channels/<slug:code>/site/", site.show, name="site"),
    path("c/write/<slug:code>/", site.form, name="form"),
    path("c/chat/start/", site.start, name="chat_start"),
    path("c/chat/send/", site.send, name="chat_send"),
    path("c/chat/messages/", site.messages, name="chat_messages"),
    path("c/chat/files/<int:file_id>/", site.file, name="chat_file"),
    path("c/site/seen/", site.seen, name="site_seen"),
    path("sandbox/", sandbox.index, name="sandbox"),
    path("sandbox/<str:number>/", sandbox.show, name="sandbox_phone"),
    path("sandbox/<str:number>/say/", sandbox.say, name="sandbox_say"),
    path("sandbox/<str:number>/<int:message_id>/report/", sandbox.report, name="sandbox_report"),
    path("hooks/<str:token>/", hooks.receive, name="hook"),
]
