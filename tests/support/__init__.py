"""What the integration and end-to-end tests start: real programs only, each in a module of its own.

    tools       which programs this machine has, and what a test does without one
    ports       free loopback ports that no other worker takes
    processes   programs that run beside a test, with a log, a readiness probe and an end
    commands    programs that run to their end
    slapd       the sample directory, and variants of it; openldap_company is one
    samba       a domain controller of Active Directory's kind; samba_company says who is in it
    dirsrv      389 Directory Server; dirsrv_company says who is in it
    certificates  good ones and bad ones
    marks       secrets that are searched for
    stands      what each real directory is to answer
    ldif        what directories are filled with
    server      Wharfinger under gunicorn
    registry    Debian's docker-registry 2.8 and Distribution 3.x
    browser     Chromium, and a site whose page it opens
    balancer    several of them behind one address
    authority   a site's certificate authority
    pushing     clients that push and pull all the time
    seeded      one of them beside the server, with an image for everybody in it
    images      a tiny image, written by hand
    clients     skopeo and docker, each with credentials of its own
    podman      podman and buildah
    containerd  containerd and its ctr
    crane       crane, built by Go
    golang      programs that Go builds
    former      stand-ins of docker_auth and Keycloak, for moves from them
    newcomers   people whom no other test knows
    wire        a server that answers StartTLS as it is told
    tap         a proxy that keeps a copy of what goes through it
    counting    requests for tokens and logins at the directory, counted off the wire
    measured    operations of clients, held against their costs
    engine      a container engine of our own
    base        a base image made of this machine's own packages
    compose     the compose file, brought up on that engine

`tests/conftest.py` and `tests/e2e/conftest.py` make fixtures of them.
"""
