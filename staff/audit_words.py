"""What each audited deed is called on the page."""

from django.utils.translation import gettext_lazy as _

words_of = {
    "signin.in": _("Signed in"),
    "signin.out": _("Signed out"),
    "signin.code": _("Confirmed by code"),
    "signin.failed": _("Wrong password"),
    "signin.locked": _("Account resting after wrong passwords"),
    "signin.password": _("Changed own password"),
    "signin.ended": _("Ended another session"),
    "customer.received": _("Opened a customer at the counter"),
    "customer.revealed": _("Saw a full number"),
    "import.uploaded": _("Uploaded a file"),
    "import.tried": _("Tried an import"),
    "import.started": _("Started an import"),
    "import.stopped": _("Stopped an import"),
    "import.failed_rows_taken": _("Took the rows that failed"),
}
