"""The Trust Score of an agent, and the band of the score."""
