"""The rules of others, written down a second time: what registries do with a token, told without our code."""
