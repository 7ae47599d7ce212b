"""Cases with a known answer, which the tissue's parts have to give."""
