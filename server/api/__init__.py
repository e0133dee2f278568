"""What terminals call, as in `parking.wire`: routes, reading of bodies, errors as sentences. No work here."""
