"""What a registry must be configured with, and what is wrong with a running one.

    agreement.py   what a registry and a realm must agree on, and the kinds of registries
    service.py     the same for a service of the configuration
    config/        the configuration of a registry: texts out of values
    check/         the examination of a running registry: from its answers to findings

The server imports none of it. `app.cli.registry` writes and prints what these packages return.
"""
