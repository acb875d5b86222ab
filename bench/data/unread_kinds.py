"""Kinds of files that hold images and that nothing here reads: they are named where they are left out. Pure."""

from pathlib import Path

UNREAD: dict[str, str] = {
    ".jxl": "JPEG XL",
    ".jxr": "JPEG XR",
    ".wdp": "JPEG XR",
    ".jls": "JPEG-LS",
    ".exr": "OpenEXR",
    ".hdr": "Radiance or Analyze",
    ".img": "raw or Analyze",
    ".nrrd": "NRRD",
    ".nhdr": "NRRD",
    ".mha": "MetaImage",
    ".mhd": "MetaImage",
    ".mgz": "FreeSurfer",
    ".mgh": "FreeSurfer",
    ".mnc": "MINC",
    ".par": "Philips PAR/REC",
    ".svs": "Aperio slide",
    ".ndpi": "Hamamatsu slide",
    ".mrxs": "MIRAX slide",
    ".scn": "Leica slide",
    ".vsi": "Olympus slide",
    ".czi": "Zeiss CZI",
    ".lif": "Leica LIF",
    ".nd2": "Nikon ND2",
    ".oib": "Olympus OIB",
    ".oir": "Olympus OIR",
    ".dng": "raw photograph",
    ".nef": "raw photograph",
    ".cr2": "raw photograph",
    ".cr3": "raw photograph",
    ".arw": "raw photograph",
    ".raw": "raw",
    ".pam": "PAM",
    ".fits": "FITS",
    ".dds": "DDS",
    ".npy": "NumPy array",
    ".npz": "NumPy array",
    ".mat": "MATLAB array",
    ".h5": "HDF5 array",
    ".hdf5": "HDF5 array",
    ".zarr": "Zarr array",
    ".mp4": "film",
    ".avi": "film",
    ".mov": "film",
}


def unread_kind_of_name(name: str) -> str | None:
    """The kind of image that the suffix promises where it is one that cannot be read here."""
    return UNREAD.get(Path(name.lower()).suffix)
