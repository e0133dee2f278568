"""Where the server keeps things: tables, migrations, the connection, the sealing of release codes."""
