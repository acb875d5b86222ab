"""Which pixels meet which place of a kernel."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

Pair = tuple[int, int]
Slices = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Place:
    """One place of a kernel: the outputs to which it adds something, and the inputs that it takes for them.

    The slices index images (n, height, width, channels). Where padding alone would be taken, nothing is.
    """

    row: int
    column: int
    outputs: Slices
    inputs: Slices


@dataclass(frozen=True)
class Shape:
    """A convolution of images of a certain size; pairs are (height, width)."""

    size: Pair
    channels_in: int
    channels_out: int
    kernel: Pair
    stride: Pair
    padding: Pair
    groups: int = 1

    @cached_property
    def output_size(self) -> Pair:
        """Height and width of the outputs."""
        height, width = (
            (self.size[axis] + 2 * self.padding[axis] - self.kernel[axis]) // self.stride[axis] + 1 for axis in (0, 1)
        )
        return height, width

    @property
    def pixels(self) -> int:
        """Of one output."""
        return self.output_size[0] * self.output_size[1]

    @property
    def depthwise(self) -> bool:
        """Whether each channel has a kernel of its own."""
        return self.groups == self.channels_in == self.channels_out

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Of the kernel, those that meet a pixel."""
        return tuple(
            Place(row, column, (slice(None), outputs, across), (slice(None), inputs, from_across))
            for row, outputs, inputs in self._met(0)
            for column, across, from_across in self._met(1)
        )

    def _met(self, axis: int) -> Iterator[tuple[int, slice, slice]]:
        """Along one axis: index in the kernel, outputs, inputs."""
        size, stride, padding = self.size[axis], self.stride[axis], self.padding[axis]
        for index in range(self.kernel[axis]):
            offset = index - padding
            first = max(0, -(offset // stride))
            last = min(self.output_size[axis] - 1, (size - 1 - offset) // stride)
            if first <= last:
                yield index, slice(first, last + 1), slice(first * stride + offset, last * stride + offset + 1, stride)
