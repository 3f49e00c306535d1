"""What people come from, turned into rules and settings of this server: one package for each product.

    docker_auth/   the ACL of cesanta/docker_auth
    keycloak/      the export of a realm of Keycloak
    written.py     values as they stand in a file of YAML

Whatever cannot keep its meaning is refused in words. Nothing of it is imported by the server.
"""
