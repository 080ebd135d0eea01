"""The web process: asked to end, it says so on /readyz, takes no new work, and finishes what it began."""

import argparse
import signal
import threading
from types import FrameType

import uvicorn

from scrm.kernel.draining import draining

LINGER = 1.0  # seconds in which a balancer can read that we are ending, before the door closes
FINISH = 20  # seconds for what was begun


class Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM and not draining.is_set():
            draining.set()
            threading.Timer(LINGER, super().handle_exit, (sig, frame)).start()
        elif sig != signal.SIGTERM:
            super().handle_exit(sig, frame)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    config = uvicorn.Config(
        "scrm.asgi:application", host=given.host, port=given.port, log_config=None, access_log=False,
        timeout_graceful_shutdown=FINISH, ws="websockets-sansio", proxy_headers=True,
    )  # fmt: skip
    server = Server(config)
    server.run()
    if not server.started:
        raise SystemExit(3)


if __name__ == "__main__":
    main()
