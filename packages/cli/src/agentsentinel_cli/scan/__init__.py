"""The scanner behind `sentinel scan`: finds every tool of an agent in source code and judges it by posture rules."""
