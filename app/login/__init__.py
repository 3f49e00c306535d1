"""Credentials to subjects.

login.py     which kind of credential, in which order
robots.py    the robots of the rules file
robot_secret.py  what a robot's secret is, and its hash
shield.py    what spares the directory: single flight, remembered logins, and a floor under refusals
settings.py  the section of the configuration file

The directory itself is `directory/`; what a subject may do is `rules/`.
"""
