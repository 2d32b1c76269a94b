"""When and where the stages run: Prefect flows, thin tasks and the command line.

Prefect reads its settings from the environment when it is first imported, so what must always hold is set here.
"""

import os

os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"  # it phones home otherwise
os.environ["DO_NOT_TRACK"] = "1"
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")  # 20 s is missed on a busy machine
os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")  # the command line has a progress display of its own
os.environ.setdefault("PREFECT_RESULTS_PERSIST_BY_DEFAULT", "false")
