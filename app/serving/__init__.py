"""Between the sockets and the WSGI application: connections, and how long each of them may take.

A thread of the pool gets a request once it has arrived whole, and is done with it once its answer is made.
What waits for a client waits in one loop for each process, which holds no thread; each wait has its deadline:

    receiving  the request line, the headers and the body, from the first octet on: else 408
    answering  in a thread; what the application does has deadlines of its own
    sending    the answer, where the client does not take it at once: else the connection is cut
    idle       a connection that is kept, or that has sent nothing yet: it is closed without a word
    closing    until the client has read the answer and closes too (RFC 9112 §9.6)

framing.py     whether the body of a request has arrived
connection.py  one connection: octets in, requests out, answers to be sent
loop.py        the loop: which connection may wait for what, and for how long

restarts.py    when workers that end at once are started again
own_folders.py folders of a running server's own, in memory

The requests are parsed by gunicorn's parser and by nothing else. `app/gunicorn_worker.py` is the worker that
runs the loop; the application is made in `web/`.
"""
