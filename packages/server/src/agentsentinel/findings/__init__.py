"""What is wrong with an agent, from the day it is found to the day it is gone."""
