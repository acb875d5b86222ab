"""Stored runs in the trackers that people use: MLflow, TensorBoard, Weights & Biases."""
