"""DICOM files: headers, stored values, and how they are shown."""
