"""Hepatitis B and its interferon factory, one file a chapter; `system.py` joins them."""
