"""HTTP rules that all routes share: limits of request bodies, and headers of answers."""
