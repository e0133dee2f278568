"""Phantom credit: frames that no device meant, fed as answers to the drivers of acceptor, hoppers, printer.

`python -m laws.frames --frames N` tells N lies on the wire: random bytes and frames built from the grammar of
the protocol. No credit may come of them that no coin made, no payout that no hopper paid, no "printed" that
was not printed; and when the lies end, every coin is told.

What is claimed: a single answer is never enough. An answer that is right in checksum, addresses, header and
length, and that is said once more when it is asked for again, is what a real device would have sent. Whoever
can say that twice sits on the wire inside the cabinet. So no right-looking lie is confirmed by another here.
"""
