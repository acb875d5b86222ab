"""From predictions to statistics, tables and pages. Pure functions on data frames; never imports torch."""
