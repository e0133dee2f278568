"""The panel: a window beside the terminal's, with everything that a person in the street could touch.

It acts on the simulated devices and cables of `simulator.street`, and shows what they show to a person. It
knows nothing of what the terminal thinks.
"""
