"""What a program does with itself stays possible: sockets on its own loopback and in its own files.

control: network
ends: exited 0
within: 4
"""

import socket

import contained  # noqa: F401 - ends the attack outside of a container

with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
    pass
with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
    server.bind("/tmp/own")
    server.listen()
    client.connect("/tmp/own")
