"""Faults, each under a steady load: what is allowed to fail meanwhile, and whether anything else did.

`table.py` has the faults as data, `stage.py` what they are tried on, `load.py` the requests, `trial.py` the
verdict. `python -m tests.faults` measures the table of docs/explanation/reliability.md.
"""
