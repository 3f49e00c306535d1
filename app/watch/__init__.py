"""Files that change while the server runs: the last good state of each, and the threads that look at them.

fingerprint.py  whether files changed, by their names and content
last_good.py    what was last read without a fault
watcher.py      one thread for each of these, which looks every two seconds

What is read anew takes the place of what was there only as a whole and without a fault; a fault keeps the
last good one and is logged. A request reads `LastGood.current` once, and ends on what it began with.
"""
