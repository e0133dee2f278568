"""Real processes, killed with SIGKILL at random instants while simulated customers pay.

The terminal runs as an operator runs it (`run_kiosk.py --config FILE`, its threads and its window, without a
display) and the server as `python -m server serve`. The devices at the far ends of the wires live in this
process and survive, as hardware does. Customers have a finger on a touch panel, a barcode to scan, coins
and a purse: nothing that a real kiosk does not have. Real time, real disk, so no run can be repeated exactly.
"""
