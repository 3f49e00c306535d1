"""What the program reports of itself: the log for operators, the audit stream for auditors, and metrics.

record.py    one request to the token endpoint, as all of them report it
log.py       the log: JSON lines on standard error
request_log.py its canonical line for each request
audit.py     the audit stream: JSON lines, one per request; without its line no token is issued
line_file.py the file that they are appended to, by several processes
metrics.py   Prometheus: every name and label
metrics_file.py  the files in which processes share them, which no full file system makes deadly
candidate.py what candidate rules would change, each distinct case once, in the log
json_text.py JSON that is safe to show at a terminal

Requests are reported by `tokens/issue.py` alone. The endpoint for the metrics is in `web/health.py`; the
metrics of files that change are set in `bootstrap.py`.
"""

METRICS_FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the processes of a server share counts (prometheus-client reads it)."""
