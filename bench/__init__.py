"""Measure the platform against yardsticks on the same machine, in one run: `make bench`.

The figures that count are ratios of runs that took turns, since a busy machine slows both sides alike. Only public
names of the product are used, and the product runs as its users run it: as the process `agentsentinel up`.
"""
