"""HTTP as all routes share it: the protocol, heads and bodies of requests, pages of listings, answers and problems."""
