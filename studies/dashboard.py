"""The Optuna dashboard on a storage, with its own assets. Serves HTTP."""

import json
import re
import socket
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import optuna
from optuna.storages import RDBStorage
from optuna_dashboard import wsgi

from studies.errors import StudyError
from studies.outcome import importance
from studies.storage import quiet

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LOCAL = "127.0.0.1"
FIRST_PORT = 8080
PORTS_TRIED = 20
_IMPORTANCE = re.compile(r"/api/studies/(\d+)/param_importances")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no event."""


class _Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged."""


def study_names(storage: RDBStorage) -> list[str]:
    """Names of the studies in a storage."""
    return [summary.study_name for summary in optuna.get_all_study_summaries(storage, include_best_trial=False)]


def with_our_importance(app: "WSGIApplication", storage: RDBStorage) -> "WSGIApplication":
    """The dashboard with the importance that reports have, from as many trials, instead of its own PED-ANOVA."""

    def answer(environment: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        asked = _IMPORTANCE.fullmatch(environment.get("PATH_INFO", ""))
        try:
            name = storage.get_study_name_from_id(int(asked[1])) if asked else None
        except KeyError:
            name = None
        if name is None:
            return app(environment, start)
        study = optuna.load_study(study_name=name, storage=storage)
        kinds = {
            parameter: type(distribution).__name__
            for trial in study.get_trials(deepcopy=False)
            for parameter, distribution in trial.distributions.items()
        }
        shares = [
            {"name": parameter, "importance": share, "distribution": kinds[parameter]}
            for parameter, share in importance(study).items()
        ]
        start("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"param_importances": [shares]}).encode()]

    return answer


def serve(storage: RDBStorage, host: str, port: int | None, on_ready: Callable[[str], None]) -> None:
    """Serve until interrupted; `on_ready` gets the address. Without a port, the first free one from 8080 on.

    Raises:
        StudyError: the host is not this machine's, or the port is taken.
    """
    with quiet():
        server = _bound(host, port)
        server.set_app(with_our_importance(wsgi(storage), storage))
        shown = f"[{host}]" if ":" in host else host
        on_ready(f"http://{shown}:{server.server_port}/dashboard/")
        try:
            server.serve_forever(poll_interval=0.2)
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()


def _bound(host: str, port: int | None) -> _Server:
    candidates = [port] if port is not None else [*range(FIRST_PORT, FIRST_PORT + PORTS_TRIED), 0]
    reason = ""
    for candidate in candidates:
        try:
            return _Server((host, candidate), _Handler)
        except socket.gaierror as error:
            raise StudyError(f"{host!r} (--host) is no address of this machine: {error.strerror}.") from None
        except (OSError, OverflowError) as error:
            reason = str(error)
    raise StudyError(f"Port {port} of {host} cannot be used: {reason}. Leave --port out to take a free one.")
