"""The options of `bench run`, in groups that `bench.config.experiment.Experiment` joins."""
