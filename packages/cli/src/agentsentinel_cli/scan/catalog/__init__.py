"""Catalogue of the words of frameworks, as data: supporting a framework is rows here and files of the corpus."""
