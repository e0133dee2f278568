"""Known mistakes, planted into the product one at a time: the harness that should find each must find it.

A mistake is a context: inside it the product is wrong in one place, after it all is as it was. Nothing here
can be switched on but by `python -m laws --planted` and the tests.
"""
