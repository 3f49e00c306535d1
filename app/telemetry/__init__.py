"""What the program tells of itself.

record.py    one request to the token endpoint, as all three below tell it
log.py       the log: JSON lines on standard error, one canonical line per request
audit.py     the audit stream: JSON lines for auditors
metrics.py   Prometheus: every name and label
candidate.py what candidate rules would change, each case once, in the log
json_text.py how the first two write a line

All hang on `tokens/issue.py` alone.
"""

METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the processes of a server share counts (prometheus-client reads it)."""
