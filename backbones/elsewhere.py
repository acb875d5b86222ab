"""Models that timm reads from a repository of the hub or a folder. Reads files; asks the hub if it can be reached."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlparse

from huggingface_hub import constants

from backbones.names import FOLDER, HUB

Read = TypeVar("Read")


class UnreadableModelError(ValueError):
    """The description of the model cannot be had; the message says why, and what to do."""


class UnreachableError(Exception):
    """The cache does not hold what is asked for, and the hub does not answer."""


def pretrained_config(name: str) -> dict[str, Any]:
    """What the model's config.json says of its weights and images.

    Raises:
        UnreadableModelError: there is none, or it is none of timm's.
    """
    from timm.models._hub import load_model_config_from_hf, load_model_config_from_path

    place = name.removeprefix(HUB).removeprefix(FOLDER)
    try:
        if name.startswith(FOLDER):
            found = load_model_config_from_path(place)
        else:
            found = cached_first(lambda: load_model_config_from_hf(place))
        config: dict[str, Any] = found[0]
        return config
    except Exception as error:  # the hub, the network, JSON and timm's loaders each raise their own
        raise UnreadableModelError(_message(name, place, error)) from error


def cached_first(read: Callable[[], Read]) -> Read:
    """What `read` gets from the hub's cache, so that a model stays what it was; else from the hub.

    Raises:
        UnreachableError: the hub does not answer, or must not be asked.
    """
    was_offline = constants.HF_HUB_OFFLINE
    try:
        constants.HF_HUB_OFFLINE = True
        try:
            return read()
        except UnreachableError:
            raise
        except Exception as error:  # as above
            if was_offline or not reachable(constants.ENDPOINT):  # else minutes of retries
                raise UnreachableError(str(error)) from error
            constants.HF_HUB_OFFLINE = False
            return read()
    finally:
        constants.HF_HUB_OFFLINE = was_offline


def reachable(endpoint: str) -> bool:
    """Whether something listens there, or a proxy stands between."""
    if any(os.environ.get(key) for key in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")):
        return True
    address = urlparse(endpoint)
    try:
        port = address.port or (443 if address.scheme == "https" else 80)
        socket.create_connection((address.hostname or "", port), timeout=3).close()
    except OSError:
        return False
    return True


def _message(name: str, place: str, error: Exception) -> str:
    if name.startswith(FOLDER):
        if not (Path(place) / "config.json").is_file():
            return f"{name}: the folder {place} has no config.json. Give one that timm's save_for_hf has written."
        return (
            f"{name}: {Path(place) / 'config.json'} does not describe a timm model ({type(error).__name__}: {error})."
        )
    if isinstance(error, UnreachableError):
        return (
            f"{name}: {constants.ENDPOINT} cannot be reached and the cache does not hold this model. Connect to the "
            f"network once, copy a filled Hugging Face cache (HF_HOME), or give a folder: {FOLDER}PATH."
        )
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return f"{name}: the hub does not give this model ({first}). Check its name: {HUB}ORGANISATION/NAME."
