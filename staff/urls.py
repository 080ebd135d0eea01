from django.urls import path

from staff.views import api_clients, audit, doorway, me, permissions, problems

app_name = "staff"

urlpatterns = [
    path("sign-in/", doorway.sign_in, name="sign_in"),
    path("sign-in/code/", doorway.code, name="code"),
    path("sign-out/", doorway.sign_out, name="sign_out"),
    path("language/", doorway.language, name="language"),
    path("me/", me.show, name="me"),
    path("me/preferences/", me.update, name="preferences"),
    path("me/password/", me.password, name="password"),
    path("me/sessions/<slug:mark>/end/", me.end_session, name="end_session"),
    path("permissions/", permissions.index, name="permissions"),
    path("api-clients/", api_clients.index, name="api_clients"),
    path("api-clients/<slug:code>/", api_clients.show, name="api_client"),
    path("api-clients/<slug:code>/key/", api_clients.make_key, name="api_client_key"),
    path("api-clients/<slug:code>/key/end/", api_clients.end_key, name="api_client_end_key"),
    path("api-clients/<slug:code>/signing/", api_clients.make_signing_key, name="api_client_sign"),
    path(
        "api-clients/<slug:code>/signing/<int:secret_id>/end/", api_clients.end_signing_key, name="api_client_end_sign"
    ),
    path("api-clients/<slug:code>/scopes/", api_clients.scopes, name="api_client_scopes"),
    path("api-clients/<slug:code>/switch/", api_clients.switch, name="api_client_switch"),
    path("problems/<slug:slug>/", problems.show, name="problem"),
    path("audit/", audit.index, name="audit"),
    path("audit/proof/", audit.prove, name="audit_proof"),
]
