"""Arrays in, numbers out: metrics, resampling, intervals, tests."""
