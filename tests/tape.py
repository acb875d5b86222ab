"""A recorder for the processor, in the place of CUDA graphs: it writes down every operation, and does them again.

As a graph does, it keeps the tensors that it saw and all numbers as they were, and asks no Python again: what a step
must read anew has to be in a tensor. It is no card: that CUDA can record a step, and that its replays give the bytes of
the first time, is not shown by it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def tensors(tree: Any) -> Iterator[Tensor]:
    return (leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor))


class Tape(TorchDispatchMode):
    """Everything that is computed inside, in order, and what was changed there as it was before."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[Any, Any, Any, Any]] = []
        self.before: dict[int, tuple[Tensor, Tensor]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        for number, argument in enumerate(func._schema.arguments):
            if argument.alias_info is not None and argument.alias_info.is_write:
                value = args[number] if number < len(args) else named.get(argument.name)
                for tensor in tensors(value):
                    self.before.setdefault(id(tensor), (tensor, tensor.detach().clone()))
        output = func(*args, **named)
        self.calls.append((func, args, named, output))
        return output

    def replay(self) -> None:
        with torch.no_grad():
            for func, args, named, output in self.calls:
                for old, new in zip(tensors(output), tensors(func(*args, **named)), strict=True):
                    if old.data_ptr() != new.data_ptr():
                        old.copy_(new)


class TapeRecorder:
    """A `StepRecorder` of steps of a module."""

    def __init__(self, module: nn.Module) -> None:
        self._module, self.tapes, self.computed, self.replays = module, list[Tape](), 0, 0

    def compute(self, work: Callable[[], Tensor]) -> Tensor:
        self.computed += 1
        return work()

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        """Recording leaves everything as it was: batch norm changes its buffers without saying so."""
        buffers = [(tensor, tensor.clone()) for tensor in self._module.buffers()]
        tape = Tape()
        with tape:
            output = work()
        with torch.no_grad():
            for tensor, before in (*tape.before.values(), *buffers):
                tensor.copy_(before)
        self.tapes.append(tape)

        def replay() -> None:
            self.replays += 1
            tape.replay()

        return replay, output


class NoRecorder(TapeRecorder):
    """One that computes as the other does, and can record nothing."""

    def record(self, work: Callable[[], Tensor]) -> tuple[Callable[[], None], Tensor]:
        raise RuntimeError("operation not permitted when stream is capturing\nmore of that")
