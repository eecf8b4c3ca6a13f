"""What operators see of a running server: log lines, figures, traces; of work, never of people."""
