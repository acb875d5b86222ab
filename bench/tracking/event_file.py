"""Event files of TensorBoard, made of its own messages. Writes files."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from bench.atomic import write_atomically
from bench.tracking.tracker import Value

VERSION = "brain.Event:2"


def write_events(path: Path, events: Sequence[Any]) -> None:
    """The whole file, or nothing of it."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.record_writer import RecordWriter

    content = BytesIO()
    writer = RecordWriter(content)
    for event in (Event(wall_time=events[0].wall_time, file_version=VERSION), *events):
        writer.write(event.SerializeToString())
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, lambda temporary: temporary.write_bytes(content.getvalue()))


def scores_event(scores: Mapping[str, float], step: int, time: float) -> Any:
    """Numbers of a step; TensorBoard keeps seven digits of them."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    return _event([Summary.Value(tag=name, simple_value=number) for name, number in scores.items()], step, time)


def text_event(tag: str, text: str, step: int, time: float) -> Any:
    """A text in Markdown."""
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    tensor = TensorProto(dtype=DT_STRING, string_val=[text.encode()])
    return _event([Summary.Value(tag=tag, metadata=metadata, tensor=tensor)], step, time)


def settings_event(settings: Mapping[str, Value], time: float) -> Any:
    """The settings of a model that begins, which TensorBoard calls hyperparameters."""
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionStartInfo

    info = SessionStartInfo(start_time_secs=time)
    for name, value in settings.items():
        if isinstance(value, str):
            info.hparams[name].string_value = value
        elif isinstance(value, bool):
            info.hparams[name].bool_value = value
        else:
            info.hparams[name].number_value = value
    return _session(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=info), time)


def ended_event(time: float) -> Any:
    """That the model is whole."""
    from tensorboard.plugins.hparams import metadata
    from tensorboard.plugins.hparams.api_pb2 import STATUS_SUCCESS
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo

    info = SessionEndInfo(status=STATUS_SUCCESS, end_time_secs=time)
    return _session(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=info), time)


def _session(tag: str, content: Any, time: float) -> Any:
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.plugins.hparams import metadata

    about = metadata.create_summary_metadata(content)
    return _event([Summary.Value(tag=tag, metadata=about, tensor=metadata.NULL_TENSOR)], 0, time)


def _event(values: list[Any], step: int, time: float) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    return Event(wall_time=time, step=step, summary=Summary(value=values))
