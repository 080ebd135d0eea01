"""Whether this process is about to end: it says so to whoever asks whether it is ready."""

import threading

draining = threading.Event()
