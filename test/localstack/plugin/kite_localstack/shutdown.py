"""LocalStack ends at once when it is told to, and when whoever started it is gone.

An execution environment's keep-alive timer was once seen to outlive the services after a run of
concurrent invocations. Its thread is not a daemon, so the process stayed until the timer was
due, ten minutes later.
"""

import os
import signal
import threading
import time

from localstack.runtime import hooks


def has_owner() -> bool:
    return bool(os.environ.get("LOCALSTACK_OWNER"))


@hooks.on_infra_start(should_load=has_owner)
def end_with_owner() -> None:
    owner = int(os.environ["LOCALSTACK_OWNER"])

    def watch() -> None:
        while os.getppid() == owner:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="owner", daemon=True).start()


@hooks.on_infra_shutdown(priority=-100)
def cancel_leftover_timers() -> None:
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
