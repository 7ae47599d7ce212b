"""Virtual peginterferon trials in chronic hepatitis B."""

__version__ = "0.1.0"
