"""What `import bench` offers: an experiment to run, and the results of a folder as data frames."""
