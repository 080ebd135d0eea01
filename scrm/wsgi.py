"""The pages, as WSGI: eight lasting threads serve them inside the ASGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
application = get_wsgi_application()
